/** Every SQL statement about the secrets of relying apps. */
import { execute, type Queryable, rows, type Transaction } from '../lib/db.ts';
import type { ClientSecret } from './secret.ts';

type Row = Omit<ClientSecret, 'endsAt'> & { readonly endsAt: Date | null };

const isGood = '(ends_at is null or ends_at > :now)';

export async function insertSecret(
  db: Queryable,
  { id, clientId, sealed, createdAt }: Pick<ClientSecret, 'id' | 'sealed' | 'createdAt'> & { readonly clientId: string },
): Promise<void> {
  const sql = 'insert into guestlist.client_secret (id, client_id, sealed, created_at) values (:id, :clientId, :sealed, :createdAt)';
  await execute(db, sql, { id, clientId, sealed, createdAt });
}

/** Those that are good at `now`, the newest first. */
export async function listSecrets(db: Queryable, clientId: string, now: Date): Promise<ClientSecret[]> {
  const sql = `select id, sealed, created_at as "createdAt", ends_at as "endsAt" from guestlist.client_secret
    where client_id = :clientId and ${isGood} order by created_at desc, id desc`;
  return (await rows<Row>(db, sql, { clientId, now })).map((row) => ({ ...row, endsAt: row.endsAt ?? undefined }));
}

/** Of all that are good but the one that is kept; one that ends earlier by itself still does. Returns how many there were. */
export async function endOtherSecrets(
  trx: Transaction,
  {
    clientId,
    keptId,
    endsAt,
    now,
  }: { readonly clientId: string; readonly keptId: string | undefined; readonly endsAt: Date; readonly now: Date },
): Promise<number> {
  const sql = `update guestlist.client_secret set ends_at = least(ends_at, :endsAt)
    where client_id = :clientId and id is distinct from :keptId and ${isGood}`;
  return execute(trx, sql, { clientId, keptId: keptId ?? null, endsAt, now });
}

/** What has ended opens nothing, and is not kept. */
export async function deleteEndedSecrets(db: Queryable, now: Date): Promise<number> {
  return execute(db, 'delete from guestlist.client_secret where ends_at <= :now', { now });
}

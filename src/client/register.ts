/** Registering a relying app, with its entry in the audit log. */
import { recordAudit } from '../audit/audit.ts';
import type { Clock } from '../lib/clock.ts';
import { type Database, inTransaction } from '../lib/db.ts';
import type { Random } from '../lib/random.ts';
import type { Seal } from '../lib/seal.ts';
import { type Client, mintClientSecret, sealClientSecret } from './client.ts';
import { insertClient } from './store.ts';

export type NewClient = Omit<Client, 'secretSealed' | 'createdAt'> & { readonly isPublic: boolean };

/** The secret is in the answer once, undefined for a public client. Throws `client_exists`. */
export async function addClient(
  db: Database,
  { isPublic, ...wish }: NewClient,
  { clock, random, seal }: { readonly clock: Clock; readonly random: Random; readonly seal: Seal },
): Promise<{ readonly clientSecret: string | undefined }> {
  const clientSecret = isPublic ? undefined : mintClientSecret(random);
  const secretSealed = clientSecret === undefined ? undefined : sealClientSecret(seal, wish.id, clientSecret);
  await inTransaction(db, async (trx) => {
    const now = clock();
    await insertClient(trx, { ...wish, secretSealed, createdAt: now });
    await recordAudit(trx, { at: now, actor: 'operator', action: 'client.created', subject: wish.id }, random);
  });
  return { clientSecret };
}

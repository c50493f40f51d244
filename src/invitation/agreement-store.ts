/** Every SQL statement about what accounts have agreed to. */
import { execute, type Queryable, rows, type Transaction } from '../lib/db.ts';

/** Those of the documents that the account has agreed to. */
export async function findAgreed(db: Queryable, accountId: string, documents: readonly string[]): Promise<string[]> {
  const sql = 'select document from guestlist.agreement where account_id = :accountId and document = any(:documents::text[])';
  return (await rows<{ document: string }>(db, sql, { accountId, documents })).map(({ document }) => document);
}

/** The first time counts. */
export async function insertAgreements(
  trx: Transaction,
  { accountId, documents, now }: { readonly accountId: string; readonly documents: readonly string[]; readonly now: Date },
): Promise<void> {
  const sql = `
    insert into guestlist.agreement (account_id, document, agreed_at)
    select :accountId, document, :now from unnest(:documents::text[]) as document on conflict do nothing`;
  await execute(trx, sql, { accountId, documents, now });
}

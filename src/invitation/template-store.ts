/** Every SQL statement about templates. */
import { execute, firstRow, type Queryable, rows, type Transaction } from '../lib/db.ts';
import type { Template } from './template.ts';

const columns = 'name, wish, created_at as "createdAt"';

/** False if there is one of that name. */
export async function insertTemplate(
  trx: Transaction,
  { name, wish, createdAt }: { readonly name: string; readonly wish: object; readonly createdAt: Date },
): Promise<boolean> {
  const sql = `insert into guestlist.invitation_template (name, wish, created_at) values (:name, :wish, :createdAt) on conflict do nothing`;
  return (await execute(trx, sql, { name, wish: JSON.stringify(wish), createdAt })) === 1;
}

/** False if there is none of that name. */
export async function deleteTemplate(trx: Transaction, name: string): Promise<boolean> {
  return (await execute(trx, 'delete from guestlist.invitation_template where name = :name', { name })) === 1;
}

export async function findTemplate(db: Queryable, name: string): Promise<Template | undefined> {
  return firstRow(db, `select ${columns} from guestlist.invitation_template where name = :name`, { name });
}

export async function listTemplateRows(db: Queryable): Promise<Template[]> {
  return rows(db, `select ${columns} from guestlist.invitation_template order by name`);
}

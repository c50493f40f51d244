/** Lists of accounts as whoever looks after them wants them, each by an index, a page at a time. Erased ones are in none. */
import { type Bindings, type Queryable, rows } from '../lib/db.ts';
import type { Account } from './account.ts';
import { type AccountRow, accountColumns, accountSource, toAccount } from './store.ts';

export type AccountFilter = {
  /** In the group itself, now. */
  readonly groupId?: string | undefined;
  readonly disabled?: boolean | undefined;
  readonly createdAfter?: Date | undefined;
  readonly createdBefore?: Date | undefined;
  /** The first letters of the name, however they are written. */
  readonly name?: string | undefined;
  /** The first letters of any address in its canonical form. */
  readonly email?: string | undefined;
  readonly now: Date;
  readonly limit: number;
};

export type ByTime = readonly [createdAt: Date, id: string];
export type ByName = readonly [name: string, id: string];
export type ByEmail = readonly [key: string];
export type ById = readonly [id: string];

/** With the key of its place in the list: the next page begins after it. */
export type Listed<Key> = { readonly account: Account; readonly key: Key };

type Part = { readonly where: readonly string[]; readonly bindings: Bindings };

/** What begins with the letters, and nothing that means anything else to `like`. */
function beginning(text: string): string {
  return `${text.replace(/[\\%_]/g, '\\$&')}%`;
}

const inForce = (table: string) => `${table}.ended_at is null and (${table}.ends_at is null or ${table}.ends_at > :now)`;

function conditionsOf({ groupId, disabled, createdAfter, createdBefore, name, email, now }: AccountFilter): Part {
  const conditions: readonly [boolean, string][] = [
    [true, 'a.erased_at is null'],
    [disabled === true, 'a.disabled_at is not null'],
    [disabled === false, 'a.disabled_at is null'],
    [createdAfter !== undefined, 'a.created_at >= :createdAfter'],
    [createdBefore !== undefined, 'a.created_at < :createdBefore'],
    [name !== undefined, 'lower(a.name) like lower(:name)'],
    [
      groupId !== undefined,
      `exists (select from guestlist.membership m where m.account_id = a.id and m.group_id = :groupId and ${inForce('m')})`,
    ],
  ];
  const bindings = {
    now,
    ...(createdAfter && { createdAfter }),
    ...(createdBefore && { createdBefore }),
    ...(groupId !== undefined && { groupId }),
    ...(name !== undefined && { name: beginning(name) }),
    ...(email !== undefined && { email: beginning(email) }),
  };
  return { where: conditions.flatMap(([isWanted, sql]) => (isWanted ? [sql] : [])), bindings };
}

/** The newest first. */
export async function listNewest(db: Queryable, filter: AccountFilter, after: ByTime | undefined): Promise<Listed<ByTime>[]> {
  const { where, bindings } = conditionsOf(filter);
  const place = after ? ['(a.created_at, a.id) < (:createdAt, :id)'] : [];
  const sql = `select ${accountColumns} from ${accountSource} where ${[...where, ...place].join(' and ')}
    order by a.created_at desc, a.id desc limit :limit`;
  const found = await rows<AccountRow>(db, sql, {
    ...bindings,
    limit: filter.limit,
    ...(after && { createdAt: after[0], id: after[1] }),
  });
  return found.map((row) => ({ account: toAccount(row), key: [row.created_at, row.id] }));
}

/** More than any id. */
const endOfIds = 'zzzz';

/**
 * Those in a group, the newest first, by id. Rows are compared and not columns, so that only the index of the group has
 * them in this order: who came long ago is not looked for among everybody since. `filter.groupId` is needed.
 */
export async function listOfGroup(db: Queryable, filter: AccountFilter, after: ById | undefined): Promise<Listed<ById>[]> {
  const { where, bindings } = conditionsOf({ ...filter, groupId: undefined });
  // Somebody with two roles is there once.
  const isFirst = `not exists (select from guestlist.membership other
    where other.group_id = m.group_id and other.account_id = m.account_id and ${inForce('other')} and other.id < m.id)`;
  const sql = `select ${accountColumns} from guestlist.membership m join (${accountSource}) on a.id = m.account_id
    where (m.group_id, m.account_id) >= (:groupId, '') and (m.group_id, m.account_id) < (:groupId, :id)
      and ${[inForce('m'), isFirst, ...where].join(' and ')}
    order by m.group_id desc, m.account_id desc limit :limit`;
  const { groupId = '', limit } = filter;
  const found = await rows<AccountRow>(db, sql, { ...bindings, groupId, limit, id: after?.[0] ?? endOfIds });
  return found.map((row) => ({ account: toAccount(row), key: [row.id] }));
}

/** By name, in lower case and byte by byte. `filter.name` is needed. */
export async function listByName(db: Queryable, filter: AccountFilter, after: ByName | undefined): Promise<Listed<ByName>[]> {
  const { where, bindings } = conditionsOf(filter);
  const place = after ? ['lower(a.name) ~>=~ :nameKey and (lower(a.name) ~>~ :nameKey or a.id > :id)'] : [];
  const sql = `select ${accountColumns}, lower(a.name) as "nameKey" from ${accountSource} where ${[...where, ...place].join(' and ')}
    order by lower(a.name) using ~<~, a.id limit :limit`;
  const found = await rows<AccountRow & { nameKey: string }>(db, sql, {
    ...bindings,
    limit: filter.limit,
    ...(after && { nameKey: after[0], id: after[1] }),
  });
  return found.map((row) => ({ account: toAccount(row), key: [row.nameKey, row.id] }));
}

/** By the first address that begins so, byte by byte. `filter.email` is needed. */
export async function listByEmail(db: Queryable, filter: AccountFilter, after: ByEmail | undefined): Promise<Listed<ByEmail>[]> {
  const { where, bindings } = conditionsOf(filter);
  const place = after ? ['k.email_key ~>~ :after'] : [];
  const isFirst = `not exists (select from guestlist.account_email other
    where other.account_id = a.id and other.email_key like :email and other.email_key ~<~ k.email_key)`;
  const sql = `select ${accountColumns}, k.email_key as key from guestlist.account_email k join (${accountSource}) on a.id = k.account_id
    where k.email_key like :email and ${[...where, isFirst, ...place].join(' and ')} order by k.email_key using ~<~ limit :limit`;
  const found = await rows<AccountRow & { key: string }>(db, sql, {
    ...bindings,
    limit: filter.limit,
    ...(after && { after: after[0] }),
  });
  return found.map((row) => ({ account: toAccount(row), key: [row.key] }));
}

export type EmailRow = { readonly email: string; readonly primary: boolean; readonly verifiedAt: Date | null; readonly addedAt: Date };

/** The first one first. */
export async function listEmails(db: Queryable, accountId: string): Promise<EmailRow[]> {
  const sql = `select email, primary_since is not null as primary, verified_at as "verifiedAt", created_at as "addedAt"
    from guestlist.account_email where account_id = :accountId order by primary_since is null, created_at, email_key`;
  return rows(db, sql, { accountId });
}

/** First addresses by account; who has none is not there. */
export async function findEmailsOf(db: Queryable, accountIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const sql = `select account_id as id, email from guestlist.account_email
    where account_id = any(:accountIds) and primary_since is not null`;
  const found = await rows<{ id: string; email: string }>(db, sql, { accountIds });
  return new Map(found.map(({ id, email }) => [id, email]));
}

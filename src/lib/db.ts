/**
 * The database as the rest of the code sees it: a knex handle or a transaction, and three ways to run SQL.
 * Owns connecting, transactions with bounded retry, and telling an outage from a mistake. Knows no table.
 */
import knex, { type Knex } from 'knex';

export type Database = Knex;
export type Transaction = Knex.Transaction;
/** What a store function takes first: the caller decides whether there is a transaction. */
export type Queryable = Database | Transaction;

export type Connection =
  | string
  | { readonly host: string; readonly port: number; readonly user: string; readonly database: string; readonly password?: string };

export type Bindings = Readonly<Record<string, Knex.RawBinding | readonly string[] | undefined>>;

export function openDatabase(connection: Connection, poolSize: number): Database {
  const settings = typeof connection === 'string' ? { connectionString: connection } : connection;
  return knex({
    client: 'pg',
    connection: { ...settings, application_name: 'guestlist', keepAlive: true, connectionTimeoutMillis: 5_000 },
    pool: { min: 0, max: poolSize, idleTimeoutMillis: 30_000 },
    acquireConnectionTimeout: 15_000,
    // Whoever asked gets the error; knex would print it as well, parameters and all.
    log: { error: silent, warn: silent, debug: silent, deprecate: silent },
  });
}

const silent = () => undefined;

/** Runs one statement with named bindings (`:name`), and returns its rows. */
export async function rows<Row>(db: Queryable, sql: string, bindings: Bindings = {}): Promise<Row[]> {
  const result = await db.raw(sql, bindings as Knex.ValueDict);
  return result.rows;
}

export async function firstRow<Row>(db: Queryable, sql: string, bindings: Bindings = {}): Promise<Row | undefined> {
  return (await rows<Row>(db, sql, bindings))[0];
}

/** How many rows the statement touched. */
export async function execute(db: Queryable, sql: string, bindings: Bindings = {}): Promise<number> {
  const result = await db.raw(sql, bindings as Knex.ValueDict);
  return result.rowCount ?? 0;
}

const lockTimeoutMs = 10_000;
const maxAttempts = 4;

/**
 * One transaction, tried again when PostgreSQL asks for it (deadlock, serialization). The lock timeout keeps a
 * stuck neighbour from holding everybody; the work must not have effects outside the transaction. Inside a transaction
 * it is a part of that one, and whoever began it tries again.
 */
export async function inTransaction<Result>(db: Database, work: (trx: Transaction) => Promise<Result>): Promise<Result> {
  if (isTransaction(db)) return inSavepoint(db, () => work(db));
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction(async (trx) => {
        await trx.raw(`set local lock_timeout = ${lockTimeoutMs}`);
        return work(trx);
      });
    } catch (error) {
      if (attempt >= maxAttempts || !isRetryable(error)) throw error;
    }
  }
}

function isTransaction(db: Queryable): db is Transaction {
  return 'isTransaction' in db && db.isTransaction === true;
}

/** A part of a transaction that may fail by itself: what it wrote is undone, the error is thrown, and the rest can go on. */
export async function inSavepoint<Result>(trx: Transaction, work: () => Promise<Result>): Promise<Result> {
  await trx.raw('savepoint part');
  try {
    const result = await work();
    await trx.raw('release savepoint part');
    return result;
  } catch (error) {
    await trx.raw('rollback to savepoint part; release savepoint part');
    throw error;
  }
}

/** Does the work either way, and keeps it only if it is wanted: nobody can tell by the time that it takes. */
export async function keptIf(trx: Transaction, isWanted: boolean, work: () => Promise<void>): Promise<void> {
  await trx.raw('savepoint perhaps');
  await work();
  await trx.raw(isWanted ? 'release savepoint perhaps' : 'rollback to savepoint perhaps');
}

export function sqlStateOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  return error.code;
}

function isRetryable(error: unknown): boolean {
  return ['40001', '40P01'].includes(sqlStateOf(error) ?? '');
}

export function violates(error: unknown, constraint: string): boolean {
  return sqlStateOf(error) === '23505' && (error as { constraint?: string }).constraint === constraint;
}

const outageCodes =
  /^(08...|28...|3D000|55000|57P0[1-5]|53...|55P03|25006|40001|40P01|E(AI_AGAIN|CONNREFUSED|CONNRESET|HOSTUNREACH|NETUNREACH|NOENT|NOTFOUND|PIPE|TIMEDOUT))$/;

/**
 * True when the database is away, full or failing over, so that the answer is "try again" and not "your mistake".
 * A killed backend is reported without a SQLSTATE: the message is all there is.
 */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const state = sqlStateOf(error);
  if (state && outageCodes.test(state)) return true;
  return (
    error.name === 'KnexTimeoutError' ||
    /Connection terminated|Client has encountered a connection error|timeout expired|Connection ended unexpectedly/i.test(error.message)
  );
}

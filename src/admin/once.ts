/**
 * Calls that must not count twice, and changes that must not overwrite what their maker has not seen: each in one
 * transaction with the deed itself, so that neither a crash nor a race comes between.
 */
import pLimit from 'p-limit';
import { Failure } from '../errors.ts';
import { neverMind, type Once, onlyOnce } from '../invitation/once.ts';
import { type Database, execute, inTransaction, type Transaction } from '../lib/db.ts';
import type { AdminSite } from './site.ts';

type Site = Pick<AdminSite, 'database' | 'seal' | 'clock'>;

export type OnlyOnce = <Answer>(site: Site, once: Once, work: (trx: Transaction) => Promise<Answer>) => Promise<Answer>;

/** Each holds a connection while the deed asks for more of them: never so many that nobody gets on. */
const mostAtOnce = 3;

/** The same wish that comes again while it is granted waits here, without a connection. */
export function createOnlyOnce(): OnlyOnce {
  const limited = pLimit(mostAtOnce);
  const underway = new Map<string, Promise<unknown>>();
  return async (site, once, work) => {
    const name = JSON.stringify([once.accountId, once.key, once.wish]);
    const known = underway.get(name);
    if (known !== undefined) return known as ReturnType<typeof work>;
    const running = limited(() => inOneTransaction(site, once, work)).finally(() => underway.delete(name));
    underway.set(name, running);
    return running;
  };
}

async function inOneTransaction<Answer>(site: Site, once: Once, work: (trx: Transaction) => Promise<Answer>): Promise<Answer> {
  const outcome = await inTransaction(site.database, async (trx) => {
    try {
      return { answer: await asTold(site, trx, { once, work: () => work(trx) }) };
    } catch (error) {
      if (!(error instanceof Failure) || error.code === 'key_used') throw error;
      // On record all the same: the transaction ends well, without the deed.
      await neverMind(trx, once);
      return { error };
    }
  });
  if ('error' in outcome) throw outcome.error;
  return outcome.answer;
}

/** Kept as text: as it goes over the wire, an instant is text as well. */
async function asTold<Answer>(
  site: Site,
  trx: Transaction,
  { once, work }: { readonly once: Once; readonly work: () => Promise<Answer> },
): Promise<Answer> {
  let fresh: { readonly answer: Answer } | undefined;
  const write = async () => {
    fresh = { answer: await work() };
    return { text: JSON.stringify(fresh.answer) };
  };
  const { text } = await onlyOnce(site, trx, { once, work: write });
  if (fresh) return fresh.answer;
  return (text === undefined ? undefined : JSON.parse(text)) as Answer;
}

/** Whoever changes the same thing with a condition waits. */
export async function oneAtATime<Answer>(
  database: Database | Transaction,
  thing: string,
  work: (trx: Transaction) => Promise<Answer>,
): Promise<Answer> {
  return inTransaction(database, async (trx) => {
    await execute(trx, 'select pg_advisory_xact_lock(hashtextextended(:thing, 7236409127))', { thing });
    return work(trx);
  });
}

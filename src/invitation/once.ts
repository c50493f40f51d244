/**
 * The same wish, sent twice, is granted once (draft-ietf-httpapi-idempotency-key-header): an app on a telephone asks again
 * when it heard nothing. The answer rests sealed, for it may hold a link, and is forgotten after a day.
 */
import { Failure } from '../errors.ts';
import { addSeconds } from '../lib/clock.ts';
import type { Queryable, Transaction } from '../lib/db.ts';
import { sha256 } from '../lib/digest.ts';
import type { InvitationHost } from './host.ts';
import { claimAnswer, deleteAnswers, findAnswer, forgetAnswer, hasAnswer, keepAnswer } from './once-store.ts';

export type Once = {
  readonly accountId: string;
  /** As the app made it up. */
  readonly key: string;
  /** What it asks for, as text. */
  readonly wish: string;
};

const keptSeconds = 24 * 60 * 60;

/**
 * Does the work, or returns what came of it before. A second request waits for the first; one that failed has not
 * happened. Throws `key_used` where another wish came with the same key.
 */
export async function onlyOnce<Answer>(
  host: Pick<InvitationHost, 'seal' | 'clock'>,
  trx: Transaction,
  { once, work }: { readonly once: Once | undefined; readonly work: () => Promise<Answer> },
): Promise<Answer> {
  if (!once) return work();
  const { seal } = host;
  if (!seal) throw new TypeError('secret: it is needed to answer the same again');
  const now = host.clock();
  const claim = { accountId: once.accountId, key: sha256(once.key), wish: sha256(once.wish), now };
  const context = `told:${once.accountId}:${claim.key.toString('hex')}`;
  if (!(await claimAnswer(trx, claim, addSeconds(now, -keptSeconds)))) {
    const told = await findAnswer(trx, claim);
    if (!told?.sealed || !told.wish.equals(claim.wish)) throw new Failure('key_used');
    return JSON.parse(seal.open(told.sealed, context).toString('utf8'), asDate);
  }
  const answer = await work();
  await keepAnswer(trx, claim, seal.seal(JSON.stringify(answer), context));
  return answer;
}

/** Whether a wish with this key was granted, and would be answered the same. */
export async function wasGranted(
  { database, clock }: Pick<InvitationHost, 'database' | 'clock'>,
  { accountId, key }: Pick<Once, 'accountId' | 'key'>,
): Promise<boolean> {
  return hasAnswer(database, { accountId, key: sha256(key) }, addSeconds(clock(), -keptSeconds));
}

/** What was refused inside the transaction has not happened; what is written about the refusal stays. */
export async function neverMind(trx: Transaction, { accountId, key }: Pick<Once, 'accountId' | 'key'>): Promise<void> {
  await forgetAnswer(trx, { accountId, key: sha256(key) });
}

function asDate(name: string, value: unknown): unknown {
  return name.endsWith('At') && typeof value === 'string' ? new Date(value) : value;
}

/** Whose day is over. */
export async function deleteOldAnswers(db: Queryable, now: Date): Promise<number> {
  return deleteAnswers(db, { until: addSeconds(now, -keptSeconds) });
}

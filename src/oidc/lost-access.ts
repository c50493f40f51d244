/**
 * What follows from losing a group, an app's opening for one group alone, and from a disabled account: consents and tokens
 * go, the app's part of the session too, and the app is told. Nothing remembers that it is to be done: who has lost what
 * follows from the rows as they are, however it came to pass, and may be looked for at any time by any number of
 * processes. That a token which is out does nothing any more at once is said in `access.ts`.
 */
import { findAccountById } from '../account/store.ts';
import { addSeconds, type Clock } from '../lib/clock.ts';
import { type Database, inTransaction, type Transaction } from '../lib/db.ts';
import { queueLogouts } from './app-logout-store.ts';
import { day, longestSignIn } from './lifetimes.ts';
import { findClosedApps, findLapsedAccounts, findLostAccounts, type Loss, lockAccess } from './lost-access-store.ts';
import { type AppSession, deleteGrantsOf, deleteSignInsOf, endAtApps, endSessionsOf } from './session-store.ts';

type LossTools = { readonly database: Database; readonly clock: Clock };

/** Of one account. Returns how many app sessions have ended. */
export async function endLost({ database, clock }: LossTools, accountId: string): Promise<number> {
  return inTransaction(database, async (trx) => {
    await lockAccess(trx, accountId);
    const now = clock();
    const sessions = await endWhatIsLost(trx, accountId, now);
    await queueLogouts(trx, { accountId, sessions, now });
    return sessions.length;
  });
}

async function endWhatIsLost(trx: Transaction, accountId: string, now: Date): Promise<AppSession[]> {
  const until = addSeconds(now, longestSignIn);
  const account = await findAccountById(trx, accountId);
  if (account?.disabledAt) return endEverything(trx, { accountId, keptUid: undefined, until });
  const clientIds = await findClosedApps(trx, { accountId, now });
  return clientIds.length > 0 ? endAtApps(trx, { accountId, clientIds, until }) : [];
}

/** All that an account is signed in to, but perhaps one session with what is under it. */
export async function endEverything(
  trx: Transaction,
  { until, ...which }: { readonly accountId: string; readonly keptUid: string | undefined; readonly until: Date },
): Promise<AppSession[]> {
  const sessions = await endSessionsOf(trx, { ...which, until });
  const others = await deleteGrantsOf(trx, which);
  await deleteSignInsOf(trx, which.accountId);
  return [...sessions, ...others];
}

/** For whoever is erased: the apps are told by the jobs. */
export async function endAllOf(trx: Transaction, { accountId, now }: { readonly accountId: string; readonly now: Date }): Promise<void> {
  await lockAccess(trx, accountId);
  const sessions = await endEverything(trx, { accountId, keptUid: undefined, until: addSeconds(now, longestSignIn) });
  await queueLogouts(trx, { accountId, sessions, now });
}

const batchSize = 200;

export type Search = LossTools & {
  /** Asked before each account; the rest waits for another time. */
  readonly isEnough: () => boolean;
  readonly onError: (error: unknown) => void;
};

/** Of whoever lost it by the clock alone, lately. */
export async function endLapsed(search: Search): Promise<void> {
  await endEach(search, (loss) => findLapsedAccounts(search.database, { ...loss, since: addSeconds(loss.now, -day) }));
}

/** Of everybody, however they lost it. */
export async function endLostOfAll(search: Search): Promise<void> {
  await endLapsed(search);
  await endEach(search, (loss) => findLostAccounts(search.database, loss));
}

/** What fails with one account is left for another time, and keeps nobody else waiting. */
async function endEach({ isEnough, onError, ...tools }: Search, find: (loss: Loss) => Promise<string[]>): Promise<void> {
  const seen = new Set<string>();
  for (;;) {
    const found = await find({ now: tools.clock(), limit: batchSize + seen.size });
    const next = found.filter((accountId) => !seen.has(accountId));
    for (const accountId of next) {
      if (isEnough()) return;
      seen.add(accountId);
      await endLost(tools, accountId).catch(onError);
    }
    if (next.length === 0) return;
  }
}

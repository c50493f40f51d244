/** What somebody is signed in to, for the members' portal: sessions with their browsers, and apps with what they may know. */
import { addSeconds, type Clock } from '../lib/clock.ts';
import type { Database, Transaction } from '../lib/db.ts';
import type { Ended, SignIns } from '../portal/sign-ins.ts';
import { type LogoutTools, tellClaimed } from './app-logout.ts';
import { queueLogouts } from './app-logout-store.ts';
import { longestSignIn } from './lifetimes.ts';
import { endAllOf } from './lost-access.ts';
import { lockAccess } from './lost-access-store.ts';
import { type AppSession, endAtApps, endSessionOf } from './session-store.ts';
import { hasGrant, listGrants, listSessions } from './sign-in-store.ts';

type SignInSite = { readonly database: Database; readonly clock: Clock; readonly logouts: LogoutTools };

export function createSignIns({ database, clock, logouts }: SignInSite): SignIns {
  const end = async (trx: Transaction, accountId: string, sessions: readonly AppSession[]): Promise<Ended> => {
    const claims = await queueLogouts(trx, { accountId, sessions, now: clock(), claim: true });
    // One try each, of a few seconds at most; the jobs go on with what comes to nothing.
    return { tellApps: async () => void (await Promise.all(claims.map((claim) => tellClaimed(logouts, claim)))) };
  };
  return {
    sessions: (accountId) => listSessions(database, accountId, clock()),
    apps: (accountId) => listGrants(database, accountId, clock()),
    async endSession(trx, { accountId, uid }) {
      await lockAccess(trx, accountId);
      const ended = await endSessionOf(trx, { accountId, uid, until: addSeconds(clock(), longestSignIn) });
      return ended && end(trx, accountId, ended);
    },
    async endApp(trx, { accountId, clientId }) {
      await lockAccess(trx, accountId);
      if (!(await hasGrant(trx, { accountId, clientId, now: clock() }))) return undefined;
      const until = addSeconds(clock(), longestSignIn);
      return end(trx, accountId, await endAtApps(trx, { accountId, clientIds: [clientId], until }));
    },
    endAll: (trx, accountId) => endAllOf(trx, { accountId, now: clock() }),
  };
}

/**
 * Ending what somebody is signed in to: sessions here, consents and tokens under them, and the apps' own sessions. Owns
 * that what was ended stays so, whatever is under way at the same moment (see `payload-store.ts`); who may ask for it,
 * and when, is the account slice's.
 */
import type Provider from 'oidc-provider';
import type { AccountSessions } from '../account/sessions.ts';
import { addSeconds, type Clock } from '../lib/clock.ts';
import { type LogoutTools, tellClaimed } from './app-logout.ts';
import { queueLogouts } from './app-logout-store.ts';
import { longestSignIn } from './lifetimes.ts';
import { endEverything } from './lost-access.ts';

type SessionSite = { readonly provider: Provider; readonly issuer: string; readonly clock: Clock; readonly logouts: LogoutTools };

export function createAccountSessions({ provider, issuer, clock, logouts }: SessionSite): AccountSessions {
  return {
    async end(trx, { accountId, keptUid }) {
      const now = clock();
      const sessions = await endEverything(trx, { accountId, keptUid, until: addSeconds(now, longestSignIn) });
      const claims = await queueLogouts(trx, { accountId, sessions, now, claim: true });
      // As at signing out: one try each, of a few seconds at most, for whoever waits; the jobs go on with what comes to nothing.
      return { tellApps: async () => void (await Promise.all(claims.map((claim) => tellClaimed(logouts, claim)))) };
    },
    async renew(ctx) {
      const session = await provider.Session.get(ctx);
      if (session.accountId === undefined) return;
      session.resetIdentifier();
      await session.persist();
      const secure = issuer.startsWith('https:');
      // Behind a proxy that ends TLS the connection itself looks insecure; the issuer decides.
      ctx.cookies.secure = secure;
      const expires = new Date(session.exp * 1000);
      const options = { signed: true, httpOnly: true, overwrite: true, sameSite: 'lax', path: '/', secure, expires } as const;
      ctx.cookies.set(provider.cookieName('session'), session.jti, options);
    },
  };
}

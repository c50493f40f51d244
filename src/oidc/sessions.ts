/**
 * Ending what somebody is signed in to: sessions here, consents and tokens under them, and the apps' own sessions. Owns
 * that what was ended stays so, whatever is under way at the same moment (see `payload-store.ts`); who may ask for it,
 * and when, is the account slice's.
 */
import type { Context } from 'koa';
import type Provider from 'oidc-provider';
import type { Client } from 'oidc-provider';
import type { AccountSessions } from '../account/sessions.ts';
import { addSeconds, type Clock } from '../lib/clock.ts';
import { longestSignIn } from './lifetimes.ts';
import { type AppSession, deleteGrantsOf, deleteSignInsOf, endSessionsOf } from './session-store.ts';

type SessionSite = { readonly provider: Provider; readonly issuer: string; readonly clock: Clock };

export function createAccountSessions({ provider, issuer, clock }: SessionSite): AccountSessions {
  return {
    async end(trx, { accountId, keptUid }) {
      const until = addSeconds(clock(), longestSignIn);
      const ended = await endSessionsOf(trx, { accountId, keptUid, until });
      await deleteGrantsOf(trx, { accountId, keptUid });
      await deleteSignInsOf(trx, accountId);
      return { tellApps: (ctx) => tellApps({ provider, ctx, accountId }, ended) };
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

/** As oidc-provider has it; its types do not say so. */
type LogoutClient = Client & { backchannelLogout(accountId: string, sid: string): Promise<void> };

type Teller = { readonly provider: Provider; readonly ctx: Context; readonly accountId: string };

/** OIDC Back-Channel Logout, as at signing out: one try each, of a few seconds at most. */
async function tellApps({ provider, ctx, accountId }: Teller, ended: readonly AppSession[]): Promise<void> {
  const tellApp = async ({ clientId, sid }: AppSession) => {
    const client = (await provider.Client.find(clientId)) as LogoutClient | undefined;
    if (!client?.backchannelLogoutUri) return;
    const context = ctx as never;
    try {
      await client.backchannelLogout(accountId, sid);
      provider.emit('backchannel.success', context, client, accountId, sid);
    } catch (error) {
      provider.emit('backchannel.error', context, error as Error, client, accountId, sid);
    }
  };
  await Promise.all(ended.map(tellApp));
}

/**
 * The wiring: everything is put together here, once, and nowhere else. The provider itself is the web application; the
 * plugin and our own routes stand before it. Owns no port and no database: whoever calls brings both.
 */
import { createHmac } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';
import Provider from 'oidc-provider';
import { createFindAccount } from '../account/find-account.ts';
import { createPasswords } from '../account/password.ts';
import { createAccountThrottles } from '../account/throttle.ts';
import { originOf, recordAudit } from '../audit/audit.ts';
import { openClientSecret, toMetadata } from '../client/client.ts';
import { findClient } from '../client/store.ts';
import type { GuestlistOptions } from '../invitation/create-host.ts';
import { basePath } from '../invitation/host.ts';
import { createShow } from '../lib/answer.ts';
import type { Clock } from '../lib/clock.ts';
import type { Database } from '../lib/db.ts';
import { createRenderer } from '../lib/page.ts';
import type { Random } from '../lib/random.ts';
import { createSeal, deriveKey } from '../lib/seal.ts';
import type { HashCost } from '../lib/slow-hash.ts';
import { createAdapter } from '../oidc/adapter.ts';
import { loadKeys } from '../oidc/keys.ts';
import { logoutPages } from '../oidc/logout.ts';
import { providerConfiguration } from '../oidc/provider.ts';
import { createAccountSessions } from '../oidc/sessions.ts';
import type { Guestlist } from '../plugin.ts';
import { createRenderError, tellOutage } from './failure.ts';
import { guard, trustOnlyIssuer } from './guard.ts';
import { createGuestlist } from './guestlist.ts';
import type { Log } from './log.ts';
import type { Pages } from './pages.ts';
import { serverRoutes } from './routes.ts';

export type AppOptions = {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly issuer: string;
  readonly secret: string;
  readonly brand: string;
  /** Of passwords. Default: as `slow-hash.ts` says. */
  readonly hashCost?: HashCost | undefined;
  readonly registration?: 'invited' | 'nobody';
  /** Where mail can be sent, nobody registers with an address that is not theirs. */
  readonly newcomersProveEmail?: boolean;
  readonly proxyCount: number;
  readonly showsMailbox: boolean;
  readonly log: Log;
  /** Addresses of what must be agreed to before joining. */
  readonly terms?: GuestlistOptions['terms'];
  /** Where help can be asked for, `mailto:` or `https:`. */
  readonly support?: string | undefined;
  /** Addresses of private networks that back-channel logout may call, such as the demo app's; all others are refused. */
  readonly trustedOrigins?: readonly string[];
};

export type App = { readonly listener: RequestListener; readonly provider: Provider; readonly guestlist: Guestlist };

export async function createApp(options: AppOptions): Promise<App> {
  const { database, clock, random, issuer, secret, log } = options;
  const seal = createSeal(secret, random);
  const [keys, passwords] = await Promise.all([
    loadKeys({ database, seal, clock, random }),
    createPasswords({ pepper: deriveKey(secret, 'password pepper'), ...(options.hashCost ? { cost: options.hashCost } : {}) }),
  ]);
  const renderer = createRenderer({ brand: options.brand, base: basePath(issuer) });
  const show = createShow<Pages>(renderer, clock);
  const guestlist = createGuestlist(options);
  const findMetadata = async (clientId: string) => {
    const client = await findClient(database, clientId);
    return client && toMetadata(client, openClientSecret(seal, client));
  };
  const failureSite = { issuer, log, show };
  const provider = new Provider(
    issuer,
    guestlist.configure(
      providerConfiguration({
        issuer,
        keys,
        adapter: createAdapter({ database, clock, random, findClient: findMetadata }),
        findAccount: createFindAccount(database),
        renderError: createRenderError(failureSite),
        rpInitiatedLogout: logoutPages(show),
        fetch: createFetch(options.trustedOrigins ?? []),
      }),
    ),
  );
  trustOnlyIssuer(provider, options);
  listen(provider, options);
  provider.use(guard({ ...options, show }));
  guestlist.mount(provider);
  const formKey = deriveKey(secret, 'form token');
  const formToken = (uid: string) => createHmac('sha256', formKey).update(uid).digest('base64url');
  const throttles = createAccountThrottles(database);
  const { showsMailbox } = options;
  provider.use(
    serverRoutes({
      database,
      clock,
      random,
      issuer,
      seal,
      provider,
      guestlist,
      renderer,
      show,
      passwords,
      throttles,
      sessions: createAccountSessions({ provider, issuer, clock }),
      brand: options.brand,
      support: options.support,
      formToken,
      showsMailbox,
    }),
  );
  return { listener: withoutBase(provider.callback(), basePath(issuer)), provider, guestlist };
}

/** oidc-provider refuses private addresses by a dispatcher in the options; for trusted ones it is left out. */
function createFetch(trustedOrigins: readonly string[]): (url: string | URL | Request, options?: RequestInit) => Promise<Response> {
  return (url, options = {}) => {
    if (!trustedOrigins.includes(new URL(String(url)).origin)) return fetch(url, options);
    const { dispatcher: _guarded, ...open } = options as RequestInit & { dispatcher?: unknown };
    return fetch(url, open);
  };
}

function listen(provider: Provider, { database, clock, random, log }: AppOptions): void {
  provider.on('server_error', (ctx, error) => {
    log.error({ requestId: ctx.state['requestId'], error }, 'server_error');
    tellOutage(ctx, error);
  });
  // Otherwise koa writes it past the log. Most often somebody hung up in the middle of a request.
  provider.onerror = (error) => log.warn({ error }, 'the answer did not arrive');
  provider.on('backchannel.error', (ctx, error, client) => {
    log.warn({ requestId: ctx.state['requestId'], clientId: client.clientId, error }, 'back-channel logout failed');
  });
  provider.on('end_session.success', (ctx) => {
    const accountId = ctx.oidc.session?.accountId;
    if (!accountId) return;
    const entry = { at: clock(), actor: accountId, from: originOf(ctx), action: 'account.signed_out', subject: accountId } as const;
    recordAudit(database, entry, random).catch((error: unknown) => log.error({ error }, 'the sign-out was not recorded'));
  });
}

/** With a path in the issuer: what is outside it is not ours, and what is inside is routed without it. */
function withoutBase(listener: RequestListener, base: string): RequestListener {
  if (!base) return listener;
  return (request: IncomingMessage & { originalUrl?: string }, response) => {
    const { url = '/' } = request;
    request.originalUrl = url;
    request.url =
      url === base || url.startsWith(`${base}/`) || url.startsWith(`${base}?`)
        ? url.slice(base.length).replace(/^(?!\/)/, '/')
        : '/not-ours';
    listener(request, response);
  };
}

/**
 * The wiring: everything is put together here, once, and nowhere else. The provider itself is the web application; the
 * plugin and our own routes stand before it. Owns no port and no database: whoever calls brings both.
 */
import { createHmac } from 'node:crypto';
import type { RequestListener } from 'node:http';
import type { Context } from 'koa';
import Provider, { type AdapterFactory, type KoaContextWithOIDC } from 'oidc-provider';
import { adminRoutes } from '../admin/routes.ts';
import type { AdminSite } from '../admin/site.ts';
import { createAdminThrottle } from '../admin/throttle.ts';
import { apiRoutes } from '../api/routes.ts';
import { createFindAccount } from '../account/find-account.ts';
import { createPasswords } from '../account/password.ts';
import { createAccountThrottles } from '../account/throttle.ts';
import { createCallThrottle } from '../api/throttle.ts';
import { originOf, recordAudit } from '../audit/audit.ts';
import type { GuestlistOptions } from '../invitation/create-host.ts';
import { basePath } from '../invitation/host.ts';
import { createOwnFetch } from '../console/own-fetch.ts';
import { createShow } from '../lib/answer.ts';
import type { Clock } from '../lib/clock.ts';
import type { Database } from '../lib/db.ts';
import { createRenderer } from '../lib/page.ts';
import type { Random } from '../lib/random.ts';
import { createSeal, deriveKey } from '../lib/seal.ts';
import type { CountingThrottle, Throttle } from '../lib/throttle.ts';
import type { HashCost } from '../lib/slow-hash.ts';
import { createAdapter } from '../oidc/adapter.ts';
import { createSendLogout, retryLogouts } from '../oidc/app-logout.ts';
import { releaseMappedClaims } from '../oidc/claims.ts';
import { tellIntrospection } from '../oidc/introspection.ts';
import { acceptEverySecret, createComplaintAbout, createFindMetadata } from '../oidc/clients.ts';
import type { PreviewWish } from '../oidc/preview.ts';
import { previewFor } from './preview.ts';
import { jwksCacheSeconds } from '../oidc/key-state.ts';
import { createKeyring, type Keyring } from '../oidc/keyring.ts';
import { loadKeys, readKeys, type ServerKeys } from '../oidc/keys.ts';
import { logoutPages } from '../oidc/logout.ts';
import { providerConfiguration } from '../oidc/provider.ts';
import { answerRegistration, registrationAdapters, registrationFeatures } from '../oidc/registration.ts';
import { noteBrowsers } from '../oidc/browsers.ts';
import { createAccountSessions } from '../oidc/sessions.ts';
import { createSignIns } from '../oidc/sign-ins.ts';
import type { Guestlist } from '../plugin.ts';
import { createOnTold, createTrustingFetch, pairwiseKeyOf } from './app-news.ts';
import { withoutBase } from './base.ts';
import { createRenderError, tellOutage } from './failure.ts';
import { guard, trustOnlyIssuer } from './guard.ts';
import { type LiveSettings, liveOptionsOf } from '../setting/live.ts';
import { factsOf, settingsFor } from './settings.ts';
import { createGuestlist } from './guestlist.ts';
import type { Log } from './log.ts';
import type { Pages } from './pages.ts';
import { type ServerSite, serverRoutes } from './routes.ts';

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
  /** Whether apps can register themselves, see `oidc/registration.ts`. Default: they cannot. */
  readonly clientRegistration?: 'off' | 'token';
  /** Where mail can be sent, nobody registers with an address that is not theirs. */
  readonly newcomersProveEmail?: boolean;
  readonly proxyCount: number;
  readonly showsMailbox: boolean;
  readonly log: Log;
  /** Addresses of what must be agreed to before joining. */
  readonly terms?: GuestlistOptions['terms'];
  /** Where help can be asked for, `mailto:` or `https:`. */
  readonly support?: string | undefined;
  /** How mail leaves; undefined: it is kept. */
  readonly smtp?: { readonly from: string; readonly url: string } | undefined;
  /** Default: 0, until the operator says so. */
  readonly keyRotationDays?: number;
  /** Addresses of private networks that back-channel logout may call, such as the demo app's; all others are refused. */
  readonly trustedOrigins?: readonly string[];
};

export type App = {
  readonly listener: RequestListener;
  /** As they are now: with other keys there are others, see `oidc/keyring.ts`. */
  readonly provider: Provider;
  readonly guestlist: Guestlist;
  /** What the admin API does its work with. */
  readonly admin: AdminSite;
};

export async function createApp(options: AppOptions): Promise<App> {
  const { database, clock, random, issuer, secret, log } = options;
  const seal = createSeal(secret, random);
  const [keys, passwords] = await Promise.all([
    loadKeys({ database, seal, clock, random }),
    createPasswords({ pepper: deriveKey(secret, 'password pepper'), ...(options.hashCost ? { cost: options.hashCost } : {}) }),
  ]);
  const settings = settingsFor(options);
  await settings.refresh();
  const renderer = createRenderer({ ...liveOptionsOf(settings), base: basePath(issuer) });
  const formKey = deriveKey(secret, 'form token');
  const lasting: Lasting = {
    options,
    settings,
    seal,
    passwords,
    renderer,
    show: createShow<Pages>(renderer, clock),
    adapter: createAdapter({
      database,
      clock,
      random,
      findClient: createFindMetadata({ database, seal, clock }),
      registration: takesRegistrations(options) ? registrationAdapters({ database, clock, random, seal }) : undefined,
    }),
    throttles: createAccountThrottles(database),
    calls: createCallThrottle(database),
    adminCalls: createAdminThrottle(database),
    pairwiseKey: pairwiseKeyOf(secret),
    ownFetch: createOwnFetch(issuer, () => listener),
    formToken: (uid) => createHmac('sha256', formKey).update(uid).digest('base64url'),
  };
  const keyring = createKeyring({
    keys,
    read: () => readKeys(database, seal),
    make: (current) => createParts(lasting, current),
    clock,
    onError: (error) => log.warn({ error }, 'the keys could not be read again'),
  });
  const listener = withoutBase(byKeyring(keyring, log), basePath(issuer));
  return {
    listener,
    get provider() {
      return keyring.latest().provider;
    },
    get guestlist() {
      return keyring.latest().guestlist;
    },
    get admin() {
      return keyring.latest().admin;
    },
  };
}

/** What stays the same, whatever keys there are: most of all what a process remembers. */
type Lasting = Pick<ServerSite, 'seal' | 'passwords' | 'renderer' | 'show' | 'throttles' | 'formToken' | 'ownFetch'> & {
  readonly options: AppOptions;
  readonly settings: LiveSettings;
  readonly adapter: AdapterFactory;
  readonly calls: Throttle;
  readonly adminCalls: CountingThrottle;
  readonly pairwiseKey: Buffer;
};

/** A provider with these keys, and with everything that stands before it. */
function createParts({ options, adapter, ...lasting }: Lasting, keys: ServerKeys): App {
  const { database, clock, random, issuer, log } = options;
  const { show, settings } = lasting;
  const guestlist = createGuestlist({ ...options, settings });
  const provider = createProvider({ options, adapter, ...lasting }, { keys, guestlist });
  releaseMappedClaims(provider);
  acceptEverySecret(provider, { database, clock, seal: lasting.seal });
  const logouts = { database, clock, send: createSendLogout(provider), onTold: createOnTold(log) };
  retryLogouts(provider, logouts);
  trustOnlyIssuer(provider, options);
  listen(provider, options);
  provider.use(guard({ ...options, show }));
  provider.use(async (_ctx, next) => {
    await settings.refresh();
    await next();
  });
  provider.use(limitKeyCaches);
  provider.use(noteBrowsers({ database, clock }));
  provider.use(answerRegistration({ database }));
  provider.use(tellIntrospection(provider, { database, clock }));
  const own = { database, clock, random, issuer, keys: keys.jwks.keys, guestlist };
  const signIns = createSignIns({ database, clock, logouts });
  const previewing = { database, clock, random, issuer, secret: options.secret };
  provider.use(apiRoutes({ ...own, calls: lasting.calls }));
  const admin = {
    ...own,
    signIns,
    seal: lasting.seal,
    renderer: lasting.renderer,
    settings,
    facts: factsOf(options),
    calls: lasting.adminCalls,
    get brand() {
      return settings.current().brand;
    },
    get support() {
      return settings.current().support;
    },
    complaintAboutClient: createComplaintAbout(issuer),
    preview: (wish: PreviewWish, from: Database) => previewFor({ ...previewing, database: from }, wish),
  };
  provider.use(adminRoutes(admin));
  guestlist.mount(provider);
  provider.use(
    serverRoutes({
      ...lasting,
      database,
      clock,
      random,
      issuer,
      provider,
      guestlist,
      admin,
      sessions: createAccountSessions({ provider, issuer, clock, logouts }),
      signIns,
      settings,
      get brand() {
        return settings.current().brand;
      },
      get support() {
        return settings.current().support;
      },
      showsMailbox: options.showsMailbox,
    }),
  );
  return { listener: provider.callback(), provider, guestlist, admin };
}

type Making = { readonly keys: ServerKeys; readonly guestlist: Guestlist };

function createProvider({ options, adapter, show, seal, renderer, pairwiseKey }: Lasting, { keys, guestlist }: Making): Provider {
  const { database, clock, issuer, log } = options;
  return new Provider(
    issuer,
    guestlist.configure(
      providerConfiguration({
        issuer,
        keys,
        adapter,
        findAccount: createFindAccount(database),
        tools: { database, clock },
        pairwiseKey,
        renderError: createRenderError({ issuer, log, show }),
        rpInitiatedLogout: logoutPages(show),
        locales: renderer.texts.locales,
        fetch: createTrustingFetch(options.trustedOrigins ?? []),
        registration: takesRegistrations(options) ? registrationFeatures({ ...options, seal }) : undefined,
      }),
    ),
  );
}

function takesRegistrations({ clientRegistration = 'off' }: Pick<AppOptions, 'clientRegistration'>): boolean {
  return clientRegistration === 'token';
}

/** Each request goes to the provider that is current when it comes. */
function byKeyring(keyring: Keyring<App>, log: Log): RequestListener {
  return (request, response) => {
    const parts = keyring.current();
    if (!(parts instanceof Promise)) return void parts.listener(request, response);
    parts.then(
      ({ listener }) => listener(request, response),
      (error: unknown) => {
        log.error({ error }, 'there are no keys to answer with');
        response.writeHead(503, { 'Retry-After': '5', 'Content-Type': 'text/plain' }).end('Please try again in a few seconds.\n');
      },
    );
  };
}

/** Whoever keeps our keys asks again in time: before one signs that was not there, see `oidc/key-state.ts`. */
async function limitKeyCaches(ctx: Context, next: () => Promise<unknown>): Promise<void> {
  await next();
  if ((ctx as Partial<KoaContextWithOIDC>).oidc?.route === 'jwks' && ctx.status === 200)
    ctx.set('Cache-Control', `public, max-age=${jwksCacheSeconds}`);
}

function listen(provider: Provider, { database, clock, random, log }: AppOptions): void {
  provider.on('server_error', (ctx, error) => {
    log.error({ requestId: ctx.state['requestId'], error }, 'server_error');
    tellOutage(ctx, error);
  });
  // Otherwise koa writes it past the log. Most often somebody hung up in the middle of a request.
  provider.onerror = (error) => log.warn({ error }, 'the answer did not arrive');
  provider.on('end_session.success', (ctx) => {
    const accountId = ctx.oidc.session?.accountId;
    if (!accountId) return;
    const entry = { at: clock(), actor: accountId, from: originOf(ctx), action: 'account.signed_out', subject: accountId } as const;
    recordAudit(database, entry, random).catch((error: unknown) => log.error({ error }, 'the sign-out was not recorded'));
  });
}

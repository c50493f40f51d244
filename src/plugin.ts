/**
 * The boundary: invitations inside any oidc-provider, ours included. The host keeps its accounts, its login pages, its
 * adapter and its clients; this adds an `invite` parameter, a prompt after login, the pages under `/invite`, and the
 * claims `groups`, `roles` and `entitlements`. Nothing below this file knows what an account of our own server is.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context } from 'koa';
import type Provider from 'oidc-provider';
import type { Configuration, Interaction } from 'oidc-provider';
import { type Head, type Verdict, verifyAudit } from './audit/verify.ts';
import { callsOf, type GuestlistCalls, within } from './calls.ts';
import type { Transaction } from './lib/db.ts';
import { configureProvider } from './invitation/configuration.ts';
import { createHost, type GuestlistOptions, type HostOptions } from './invitation/create-host.ts';
import { type Gate, gateOf } from './invitation/gate.ts';
import { holdPlace } from './invitation/hold.ts';
import { type Redeemed, type Redeemer, redeem } from './invitation/redeem.ts';
import { remind } from './invitation/reminder.ts';
import { type Refusal, showRefusal } from './invitation/respond.ts';
import type { Term } from './invitation/pages.ts';
import { invitationRoutes } from './invitation/routes.ts';
import type { Visit } from './invitation/visit.ts';
import { migrate, uninstall } from './lib/migrate.ts';
import { deliverMail } from './mail/deliver.ts';
import { tellOfRequests } from './request/notify.ts';
import { requestRoutes } from './request/routes.ts';

/** A request of Koa, Express, Fastify (`raw`) or node:http. */
export type Exchange = { readonly req: IncomingMessage; readonly res: ServerResponse };

export type Registration = {
  readonly redeemer: Redeemer;
  /** Addresses that the person agreed to on the host's own page, of `terms`. Default: none; they are asked another time. */
  readonly agreedTo?: readonly string[];
  readonly ip?: string | undefined;
  readonly requestId?: string | undefined;
  /** Of the mail that follows. Default: en. */
  readonly locale?: string;
};

export type Guestlist = GuestlistCalls & {
  /** The host's configuration with what invitations need, and nothing taken away. Throws where the two cannot go together. */
  configure(configuration: Configuration): Configuration;
  /** Adds the pages. To be called once, after `new Provider` with what `configure` returned. */
  mount(provider: Provider): void;
  /** Creates or updates the schema; returns the names of the steps. */
  migrate(): Promise<string[]>;
  /** Drops the schema with everything in it. The rest of the database stays as it is. */
  uninstall(): Promise<void>;

  /**
   * The same calls as parts of a transaction of the host's, begun on the same database: all of it happens, or nothing.
   * An error that is caught leaves what was done before, and the transaction goes on.
   */
  within(trx: Transaction): GuestlistCalls;

  /** For a host's registration page: may this browser register, and for what? */
  gate(exchange: Exchange, interaction?: Interaction): Promise<Gate>;
  /** What a registration page has to ask agreement to, see `agreedTo`. */
  readonly terms: readonly Term[];
  /** Keeps a place while somebody registers; returns until when. Throws what the invitation refuses. */
  hold(visit: Visit): Promise<Date>;
  /** Redeems for an account, or makes it in the same transaction. Throws what the invitation refuses. */
  redeem(visit: Visit, registration: Registration): Promise<Redeemed>;
  /** Answers with the page for a refusal of an invitation, or with the step that is missing. */
  refuse(ctx: Context, refusal: Refusal): Promise<void>;
  /** Hands queued mail to `send`. It happens by itself after each redemption; call it now and then for what failed. */
  deliverMail(): Promise<{ readonly sent: number; readonly failed: number }>;
  /**
   * Reminds of invitations that were mailed and that nobody has answered, and tells people of what ends within a week: each
   * once. Call it every now and then, such as every ten minutes; any number of processes may. Returns how many mails were
   * queued. Needs `secret`.
   */
  remind(): Promise<{ readonly reminded: number }>;
  /** Proves that nobody has changed the audit trail behind our back. `head` as it was told before: it must still be there. */
  verifyAudit(head?: Head): Promise<Verdict>;
};

export function invitations(options: GuestlistOptions): Guestlist {
  return createPlugin(options);
}

/** With what our own server has besides. */
export function createPlugin(options: HostOptions): Guestlist {
  const host = createHost(options);
  const { database, clock, issuer } = host;
  let mounted: Provider | undefined;
  return {
    configure: (configuration) => configureProvider(host, configuration),
    mount(provider) {
      if (mounted) throw new TypeError('mount: this guestlist has a provider already; make one guestlist for each');
      if (provider.issuer !== issuer)
        throw new TypeError(`mount: the provider's issuer is ${provider.issuer}, but the option issuer is ${issuer}`);
      mounted = provider;
      provider.use(requestRoutes({ host, provider }));
      provider.use(invitationRoutes({ host, provider }));
    },
    migrate: () => migrate(database),
    uninstall: () => uninstall(database),
    ...callsOf(host),
    within: (trx) => callsOf(within(host, trx)),
    gate: async ({ req, res }, interaction) => {
      if (!mounted) throw new TypeError('gate: call mount(provider) first');
      return gateOf({ host, provider: mounted }, { req, res }, interaction);
    },
    get terms() {
      return host.terms;
    },
    hold: (visit) => holdPlace(host, visit),
    redeem: async (visit, { redeemer, agreedTo = [], ip, requestId, locale = 'en' }) =>
      redeem(host, { visit, redeemer, agreedTo, from: { ip, requestId }, locale }),
    refuse: (ctx, refusal) => showRefusal({ host }, ctx, refusal),
    deliverMail: async () => (options.send ? deliverMail(database, options.send, host.delivery) : { sent: 0, failed: 0 }),
    remind: async () => {
      await tellOfRequests(host, database, clock());
      return remind(host);
    },
    verifyAudit: (head) => verifyAudit(database, { head }),
  };
}

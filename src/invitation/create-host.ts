/** From the options of the plugin to what the slice asks of its host, with a default for whatever was not said. */
import { createRenderer, type Look, type PageFunction } from '../lib/page.ts';
import { createShow } from '../lib/answer.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import type { Database, Queryable } from '../lib/db.ts';
import { type Random, secureRandom } from '../lib/random.ts';
import { createSeal, deriveKey } from '../lib/seal.ts';
import { createSlowHash, type SlowHash } from '../lib/slow-hash.ts';
import type { TextReplacements } from '../lib/text.ts';
import { createThrottle } from '../lib/throttle.ts';
import { isContactAddress } from '../lib/web-address.ts';
import { type Delivery, deliverMail, type SendMail } from '../mail/deliver.ts';
import { tellOfFailure } from './given-up.ts';
import {
  basePath,
  type ConfirmEmail,
  type FindAccountByEmail,
  type FindPeople,
  type FindPerson,
  type GuestlistEvents,
  type HostApp,
  type InvitationHost,
  type MayInvite,
  type SaveLocale,
  ownUrl,
} from './host.ts';
import type { InvitationMails, InvitationPages } from './pages.ts';
import { createCodeThrottles } from './proof.ts';
import { type TermsOption, termsOf } from './terms.ts';

export type GuestlistOptions = {
  /** PostgreSQL 15 or later, as a knex handle. Everything lives in the schema `guestlist`. */
  readonly database: Database;
  /** The provider's issuer identifier. */
  readonly issuer: string;
  /** Who an account is. Called with the redemption's transaction, which a host on another database may ignore. */
  readonly person: FindPerson;
  /** The same of many accounts at once, for lists. Default: one after the other. */
  readonly people?: FindPeople;
  /**
   * 32 characters or more that only the host knows: PINs, mailed codes, and links that wait to be mailed rest under keys
   * from it. Without it there are none of these.
   */
  readonly secret?: string | undefined;
  /** Whose address this is. Without it, a mailed code may be sent to somebody who has an account. */
  readonly accountOf?: FindAccountByEmail;
  /** Notes a mailbox that was proven here. Without it, it counts for the one invitation and is forgotten. */
  readonly confirmEmail?: ConfirmEmail;
  /** Notes the language that somebody signed in has chosen, for `locale` of `person`. Without it, a cookie alone has it. */
  readonly saveLocale?: SaveLocale;
  /** Whether an account may invite to something. Default: admins and managers, as the groups know them. */
  readonly mayInvite?: MayInvite;
  /** Sign-in strengths, weakest first. Default: `acrValues` of the configuration. */
  readonly acrValues?: readonly string[];
  /** The sign-in strength of somebody who has just registered. Default: less than any. */
  readonly acrOfNewcomer?: string;
  /** True: newcomers type a code that was mailed to them before they can register. Needs `secret`, and mail that leaves. */
  readonly newcomersProveEmail?: boolean;
  /** Who may make an account: whoever is invited (default), or nobody at the moment. */
  readonly registration?: 'invited' | 'nobody';
  /** False: the host tells apps of groups, roles and rights in its own way; scopes and claims are announced all the same. */
  readonly tellsGroups?: boolean;
  /** Apps to lead an invitee to, best first. `db` is the transaction in progress, if there is one. Default: none. */
  readonly apps?: (db: Queryable) => Promise<readonly HostApp[]>;
  /** Shown on every page and mail. Default: Guestlist. */
  readonly brand?: string;
  /** Absolute address of the host's own start page. Default: the issuer's. */
  readonly home?: string;
  /**
   * Addresses, https or http, of what must be agreed to before joining. Each account is asked once about each address. A
   * registration page of the host asks by itself, and says so to `redeem`.
   */
  readonly terms?: TermsOption | undefined;
  /** Where help can be asked for: a `mailto:` or an `https:` address. Default: pages name nobody but the inviter. */
  readonly support?: string | undefined;
  /** A folder whose templates (Eta) take the place of ours of the same name. */
  readonly views?: string | undefined;
  /** Functions that take the place of single pages. They get the page's data and the frame, and must escape themselves. */
  readonly pages?: { readonly [Name in keyof InvitationPages]?: PageFunction<InvitationPages[Name]> };
  /** Words by language and key (ICU MessageFormat) that take the place of ours, or add a language. */
  readonly texts?: TextReplacements;
  /** Sends one mail, such as `smtp({ url, from })`. Without it mail is kept in `guestlist.mail`. */
  readonly send?: SendMail;
  readonly events?: GuestlistEvents;
  /** Errors that no request waits for: of `refused`, and of mail. Default: they are dropped. */
  readonly onError?: (error: unknown) => void;
  readonly clock?: Clock;
  readonly random?: Random;
};

/** What our own server can change while it runs; each is asked for when it is needed. */
export type LiveOptions = {
  readonly brand: () => string;
  readonly look: () => Look;
  readonly terms: () => TermsOption;
  readonly support: () => string | undefined;
};

export type HostOptions = GuestlistOptions & { /** Instead of the options of these names. */ readonly live?: LiveOptions | undefined };

/** Throws `TypeError`, naming the option, for what could never work. */
export function createHost(options: HostOptions): InvitationHost {
  refuseImpossible(options);
  const { database, issuer, clock = systemClock, home = ownUrl(issuer, '/'), live } = options;
  const { views, pages, texts, send, onError = () => undefined } = options;
  const { look, brand = options.brand ?? 'Guestlist' } = live ?? {};
  const renderer = createRenderer({ brand, look, base: basePath(issuer), home: options.home, views, pages, texts });
  const terms = termsOf(options.terms);
  const secrets = createSecrets(options);
  const random = options.random ?? secureRandom;
  const render = renderer.render<InvitationMails>();
  const writer = { random, issuer, home, person: options.person, render, seal: secrets.seal };
  const delivery: Delivery = { clock, onError, issuer, seal: secrets.seal, onGivenUp: (trx, mail) => tellOfFailure(writer, trx, mail) };
  return {
    database,
    clock,
    random,
    issuer,
    person: options.person,
    people: options.people,
    accountOf: options.accountOf ?? (async () => undefined),
    confirmEmail: options.confirmEmail,
    saveLocale: options.saveLocale,
    mayInvite: options.mayInvite,
    apps: options.apps ?? (async () => []),
    prompts: { create: false },
    strengths: { acrValues: options.acrValues ?? [] },
    newcomersProveEmail: options.newcomersProveEmail ?? false,
    takesNewcomers: options.registration !== 'nobody',
    acrOfNewcomer: options.acrOfNewcomer,
    home,
    tellsGroups: options.tellsGroups ?? true,
    get terms() {
      return live ? termsOf(live.terms()) : terms;
    },
    get support() {
      return live ? live.support() : options.support;
    },
    events: options.events ?? {},
    onError,
    renderer,
    show: createShow<InvitationPages>(renderer, clock),
    render,
    delivery,
    ...secrets,
    ...createThrottles(database),
    afterCommit: () => void (send && deliverMail(database, send, delivery).catch(onError)),
  };
}

function refuseImpossible({ database, issuer, person, secret, support }: GuestlistOptions): void {
  if (database?.client?.config?.client !== 'pg') throw new TypeError('database: it must be a knex handle with client "pg"');
  if (!URL.parse(issuer)) throw new TypeError('issuer: it must be the issuer identifier of the provider, an absolute address');
  if (typeof person !== 'function') throw new TypeError('person: it must be a function from an account id to a person');
  if (secret !== undefined && secret.length < 32) throw new TypeError('secret: it must have 32 characters or more');
  if (support !== undefined && !isContactAddress(support)) throw new TypeError('support: it must be a mailto: or https: address');
}

function createSecrets({
  secret,
  random = secureRandom,
}: GuestlistOptions): Pick<InvitationHost, 'seal' | 'hashes' | 'codeKey' | 'stopKey'> {
  const given = () => {
    if (secret === undefined) throw new TypeError('secret: it is needed for PINs and for codes and links that are mailed');
    return secret;
  };
  let hashes: Promise<SlowHash> | undefined;
  return {
    seal: secret === undefined ? undefined : createSeal(secret, random),
    hashes: async () => {
      hashes ??= createSlowHash({ pepper: deriveKey(given(), 'pin pepper') });
      return hashes;
    },
    codeKey: () => deriveKey(given(), 'mail code'),
    stopKey: () => deriveKey(given(), 'mail stop'),
  };
}

function createThrottles(database: Database) {
  return {
    unknownTokens: createThrottle(database, { name: 'unknown_token', points: 100, perSeconds: 60 }),
    wrongPins: createThrottle(database, { name: 'wrong_pin', points: 50, perSeconds: 60 * 60 }),
    linkWishes: createThrottle(database, { name: 'link_wish', points: 3, perSeconds: 24 * 60 * 60 }),
    ...createCodeThrottles(database),
  };
}

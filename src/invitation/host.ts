/**
 * What the invitation slice asks of whoever hosts it: a stranger's provider or our own server. The host keeps the
 * accounts; here a person is an id, a name and perhaps an address.
 */
import type { FailureCode } from '../errors.ts';
import type { PageOf, Show } from '../lib/answer.ts';
import type { Clock } from '../lib/clock.ts';
import type { Database, Queryable, Transaction } from '../lib/db.ts';
import type { Render, Renderer } from '../lib/page.ts';
import type { Random } from '../lib/random.ts';
import type { Seal } from '../lib/seal.ts';
import type { Delivery } from '../mail/deliver.ts';
import type { SlowHash } from '../lib/slow-hash.ts';
import type { Throttle } from '../lib/throttle.ts';
import type { InvitationMails, InvitationPages, Term } from './pages.ts';

export type HostPerson = {
  readonly name: string;
  readonly email?: string | undefined;
  readonly emailVerified: boolean;
  /** A disabled person can accept nothing, and what they offered is suspended. */
  readonly disabled?: boolean | undefined;
  /** The language that they have chosen, such as fr: of mails that nobody waits for on a page. */
  readonly locale?: string | undefined;
  /** Further addresses of the same account. */
  readonly otherEmails?: readonly { readonly email: string; readonly verified: boolean }[] | undefined;
};

/** Undefined: no such account. `db` is the transaction in progress, if there is one; a host may ignore it. */
export type FindPerson = (accountId: string, db: Queryable) => Promise<HostPerson | undefined>;

/** Many at once, by account; who is not there is left out. */
export type FindPeople = (accountIds: readonly string[], db: Queryable) => Promise<ReadonlyMap<string, HostPerson>>;

/** Which account has this address, and whether the mailbox was proven to it. Undefined: none. */
export type FindAccountByEmail = (
  email: string,
  db: Queryable,
) => Promise<{ readonly accountId: string; readonly verified: boolean } | undefined>;

/** Notes that a mailbox was proven to be this account's: a new address of it, or one that it has already. */
export type ConfirmEmail = (accountId: string, email: string, trx: Transaction) => Promise<unknown>;

/** Notes the language that somebody signed in has chosen. */
export type SaveLocale = (accountId: string, locale: string, db: Queryable) => Promise<unknown>;

/** Whether this account could invite to these today: `choir:member`, or the name of a right. */
export type MayInvite = (accountId: string, grants: readonly string[], db: Queryable) => boolean | Promise<boolean>;

/** An app that an invitee can be led to. */
export type HostApp = { readonly clientId: string; readonly name: string; readonly initiateLoginUri: string };

/**
 * What a host may want to know. Those with a transaction run inside it: what they write with it is committed together
 * with the deed, and an error undoes the deed. The others run afterwards, and an error of theirs is thrown to nobody.
 */
export type GuestlistEvents = {
  readonly redeemed?: (redemption: RedeemedEvent, trx: Transaction) => unknown;
  /** Somebody asked to join and waits for a decision. */
  readonly awaiting?: (request: ApprovalEvent, trx: Transaction) => unknown;
  readonly rejected?: (request: ApprovalEvent & { readonly actor: string }, trx: Transaction) => unknown;
  readonly declined?: (answer: { readonly invitationId: string; readonly accountId: string }, trx: Transaction) => unknown;
  readonly granted?: (change: GrantEvent, trx: Transaction) => unknown;
  readonly withdrawn?: (change: GrantEvent, trx: Transaction) => unknown;
  /** Afterwards. Somebody was told that an invitation does not let them in. */
  readonly refused?: (refusal: { readonly code: FailureCode; readonly invitationId: string | undefined }) => unknown;
};

export type RedeemedEvent = {
  readonly invitationId: string;
  readonly accountId: string;
  readonly accountCreated: boolean;
  /** What was new: `choir:member`, or the name of a right. */
  readonly grants: readonly string[];
  readonly redeemedAt: Date;
};

export type ApprovalEvent = { readonly invitationId: string; readonly accountId: string };

export type GrantEvent = { readonly accountId: string; readonly grants: readonly string[] };

export type InvitationHost = {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  /** The issuer identifier: every link of ours starts with it, never with a header. */
  readonly issuer: string;
  readonly person: FindPerson;
  /** Undefined: they are asked for one by one. */
  readonly people: FindPeople | undefined;
  readonly accountOf: FindAccountByEmail;
  readonly confirmEmail: ConfirmEmail | undefined;
  readonly saveLocale: SaveLocale | undefined;
  /** Undefined: by the roles that the groups know of, see `group/policy.ts`. */
  readonly mayInvite: MayInvite | undefined;
  /** Apps with an `initiate_login_uri` (OIDC Core §4), best first. */
  readonly apps: (db: Queryable) => Promise<readonly HostApp[]>;
  /** Known once the provider is configured: can a newcomer be sent straight to registering? */
  readonly prompts: { create: boolean };
  /** Sign-in strengths, weakest first. Known once the provider is configured. */
  readonly strengths: { acrValues: readonly string[] };
  /** Nobody makes an account with an address that they have not proven. */
  readonly newcomersProveEmail: boolean;
  /** False: accounts there are may accept, and nobody else. */
  readonly takesNewcomers: boolean;
  /** What a registration is worth; undefined: less than any. */
  readonly acrOfNewcomer: string | undefined;
  /** Absolute address that pages and mails call home. */
  readonly home: string;
  /** Groups, roles and rights are told to apps by us; else the host does it by itself. */
  readonly tellsGroups: boolean;
  /** To be agreed to before somebody joins; empty: nothing is asked. */
  readonly terms: readonly Term[];
  /** Where help can be asked for, `mailto:` or `https:`. */
  readonly support: string | undefined;
  readonly events: GuestlistEvents;
  /** Called after a redemption was committed: there may be mail to send. */
  readonly afterCommit: () => void;
  /** Errors that nobody waits for. */
  readonly onError: (error: unknown) => void;
  readonly renderer: Renderer;
  readonly show: Show<PageOf<InvitationPages>>;
  readonly render: Render<InvitationMails>;
  /** How queued mail is handed over, and whom is told of what nobody gets. */
  readonly delivery: Delivery;
  /** Counts links and codes that led nowhere, by address block. */
  readonly unknownTokens: Throttle;
  /** What must be hashed slowly or rest sealed needs the option `secret`: without it these throw `TypeError`. */
  readonly hashes: () => Promise<SlowHash>;
  readonly codeKey: () => Buffer;
  /** Of links that stop mail, see `mail/stop.ts`. */
  readonly stopKey: () => Buffer;
  readonly seal: Seal | undefined;
  /** Counts wrong PINs over all invitations, by address block. */
  readonly wrongPins: Throttle;
  /** Counts mailed codes, by mailbox and by address block. */
  readonly codesToMailbox: Throttle;
  readonly codesFromPlace: Throttle;
  /** Counts wishes for a new link, by invitation. */
  readonly linkWishes: Throttle;
};

/** The issuer's own path, without a slash at its end; empty at the root. */
export function basePath(issuer: string): string {
  return new URL(issuer).pathname.replace(/\/$/, '');
}

/** A path of ours, as a browser asks for it. */
export function ownPath(issuer: string, path: string): string {
  return `${basePath(issuer)}${path}`;
}

/** An absolute address of ours. */
export function ownUrl(issuer: string, path: string): string {
  return `${new URL(issuer).origin}${ownPath(issuer, path)}`;
}

/** What a link to an invitation is; its token is the secret. */
export function invitationUrl(issuer: string, token: string): string {
  return ownUrl(issuer, `/invite/${token}`);
}

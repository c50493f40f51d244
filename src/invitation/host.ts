/**
 * What the invitation slice asks of whoever hosts it: a stranger's provider or our own server. The host keeps the
 * accounts; here a person is an id, a name and perhaps an address.
 */
import type { PageOf, Show } from '../lib/answer.ts';
import type { Clock } from '../lib/clock.ts';
import type { Database, Queryable } from '../lib/db.ts';
import type { Render, Renderer } from '../lib/page.ts';
import type { Random } from '../lib/random.ts';
import type { Throttle } from '../lib/throttle.ts';
import type { InvitationMails, InvitationPages } from './pages.ts';

export type HostPerson = {
  readonly name: string;
  readonly email?: string | undefined;
  readonly emailVerified: boolean;
  /** A disabled person can accept nothing. */
  readonly disabled?: boolean | undefined;
};

/** Undefined: no such account. `db` is the transaction in progress, if there is one; a host may ignore it. */
export type FindPerson = (accountId: string, db: Queryable) => Promise<HostPerson | undefined>;

/** An app that an invitee can be led to. */
export type HostApp = { readonly clientId: string; readonly name: string; readonly initiateLoginUri: string };

export type InvitationHost = {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  /** The issuer identifier: every link of ours starts with it, never with a header. */
  readonly issuer: string;
  readonly person: FindPerson;
  /** Apps with an `initiate_login_uri` (OIDC Core §4), best first. */
  readonly apps: () => Promise<readonly HostApp[]>;
  readonly renderer: Renderer;
  readonly show: Show<PageOf<InvitationPages>>;
  readonly render: Render<InvitationMails>;
  /** Counts links and codes that led nowhere, by address block. */
  readonly unknownTokens: Throttle;
};

/** The issuer's own path, without a slash at its end; empty at the root. */
export function basePath(issuer: string): string {
  return new URL(issuer).pathname.replace(/\/$/, '');
}

/** An absolute address of ours. */
export function ownUrl(issuer: string, path: string): string {
  return `${new URL(issuer).origin}${basePath(issuer)}${path}`;
}

/**
 * What members do with invitations of their own: the same for a person at the portal and for an app that acts for them.
 * Owns that nobody sees or touches anybody else's, or learns that there is one; what may be given is asked where
 * invitations are made. Neighbours: `issue.ts`, `resend.ts`, `reissue.ts`.
 */
import type { Origin } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { mayDecide } from './facts.ts';
import type { InvitationHost } from './host.ts';
import { type Invitable, mayInviteTo } from './invitable.ts';
import { invite, type IssuedWithUrl, revoke, withUrl } from './issue.ts';
import { wasGranted } from './once.ts';
import { listInvitationsOf } from './own-store.ts';
import { listRedemptions } from './redemption-store.ts';
import { reissue } from './reissue.ts';
import { resend } from './resend.ts';
import { findInvitation } from './store.ts';
import { type InvitationSummary, summarize, summarizeAll } from './summary.ts';
import type { InviteOptions } from './wish.ts';

/** Who they are is known: whoever is signed in, or whose token it is. */
export type Inviter = { readonly accountId: string; readonly from?: Origin | undefined };

export type OwnWish = Omit<InviteOptions, 'inviterId' | 'inviterName'>;

export type Redemption = Awaited<ReturnType<typeof listRedemptions>>[number];

/** The link is there once, and never of one that goes by mail alone. */
export type OwnIssued = IssuedWithUrl;

export type OwnInvitations = {
  /** What one may invite to today, with the limits that bind one there. */
  groups(): Promise<Invitable[]>;
  /**
   * Throws as `invite` does; `account_not_found`. With a key, the same wish is granted once, see `once.ts`. It is the same if
   * `said` is: what came in, where a wish counts from the instant, such as one that ends in a week.
   */
  invite(wish: OwnWish, key?: string, said?: unknown): Promise<OwnIssued>;
  /** Whether a wish with this key was granted today. */
  wasGranted(key: string): Promise<boolean>;
  /** Newest first. */
  list(page: { readonly limit: number; readonly before?: string | undefined }): Promise<InvitationSummary[]>;
  /** These throw `invitation_not_found` for anybody else's. */
  find(id: string): Promise<InvitationSummary>;
  resend(id: string, wish?: { readonly expiresAt?: Date | undefined }): Promise<void>;
  /** False if it was revoked before. */
  revoke(id: string): Promise<boolean>;
  /** The old link leads nowhere any more, and there is a new one. */
  reissue(id: string): Promise<OwnIssued>;
  /** Who came by it, the first first: for whoever decides about people there. Undefined for others, who are told how many. */
  cameBy(id: string): Promise<readonly Redemption[] | undefined>;
};

/** What cannot be an id is none: a NUL in it would be a surprise to the database. */
const idPattern = /^[\w-]{1,100}$/;

export function ownInvitations(host: InvitationHost, { accountId, from }: Inviter): OwnInvitations {
  const { database } = host;
  const own = async (id: string) => {
    const invitation = idPattern.test(id) ? await findInvitation(database, id) : undefined;
    if (invitation?.inviterId !== accountId) throw new Failure('invitation_not_found');
    return invitation;
  };
  return {
    groups: () => mayInviteTo(host, accountId),
    invite: async (wish, key, said = wish) => {
      const inviterName = await nameOf(host, accountId);
      const once = key === undefined ? undefined : { accountId, key, wish: JSON.stringify(said) };
      return withUrl(host, await invite(host, { ...wish, inviterId: accountId, inviterName }, { ...from, once }));
    },
    wasGranted: (key) => wasGranted(host, { accountId, key }),
    list: async (page) => {
      const found = await listInvitationsOf(database, { ...page, inviterId: accountId });
      return summarizeAll(host, found);
    },
    find: async (id) => summarize(host, database, await own(id)),
    resend: async (id, { expiresAt } = {}) => {
      await own(id);
      await resend(host, id, { actor: accountId, from, expiresAt });
    },
    revoke: async (id) => {
      await own(id);
      return revoke(host, id, { actor: accountId, from });
    },
    reissue: async (id) => {
      await own(id);
      return withUrl(host, await reissue(host, id, { actor: accountId, from }));
    },
    cameBy: async (id) => {
      const { grants } = await own(id);
      const decides = await mayDecide(host, database, { accountId, grants, now: host.clock() });
      return decides ? listRedemptions(database, id) : undefined;
    },
  };
}

/** An invitation says who made it: nobody writes another name on theirs. */
async function nameOf({ person, database }: InvitationHost, accountId: string): Promise<string> {
  const found = await person(accountId, database);
  if (!found || found.disabled) throw new Failure('account_not_found');
  return asInviterName(found.name);
}

/** A person's name as it fits into an invitation. */
export function asInviterName(name: string): string {
  return [...name.replace(/[\p{Cc}\p{Cs}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu, ' ')].slice(0, 100).join('');
}

/** What a host can ask about inviters and what they issued; the rest of what it can do is in `plugin.ts`. */
import type { LeakFilter } from './attempt-store.ts';
import { type By, deedOf } from './deed.ts';
import type { InvitationHost } from './host.ts';
import { type InviterNode, type InviterTree, issuedBy, type IssuedBy, treeOf } from './inviters.ts';
import { type Leak, leaksOf } from './leak.ts';
import { type IssuedWithUrl, withUrl } from './issue.ts';
import { type Inviter, type OwnInvitations, ownInvitations } from './own.ts';
import { reissue } from './reissue.ts';
import { share, type SharedLink } from './share.ts';
import { revokeAllBy, type RevokedAll, type RevokingAll } from './revoke-all.ts';

export type InviterCalls = {
  /**
   * For a link that went astray: it is revoked, and there is another in its place, mailed again or shown once. Throws
   * `invitation_not_found`, `invitation_revoked`, `grant_not_allowed`.
   */
  reissue(invitationId: string, actor: By): Promise<IssuedWithUrl>;
  /**
   * Another link of the same invitation, told this once; earlier links of it lead nowhere any more. Throws `invitation_not_found`,
   * `invitation_revoked`, `invitation_expired`, `invitation_used_up`, `grant_not_allowed`, `policy_refused`.
   */
  share(invitationId: string, actor: By): Promise<SharedLink>;
  /** Personal invitations (for one person, or of a campaign) that may be in other hands, and what was noted of them. */
  leaks(filter?: Partial<LeakFilter>): Promise<Leak[]>;
  /** What a member may do with invitations of their own; nobody else's are there. */
  own(inviter: Inviter): OwnInvitations;
  readonly inviters: {
    /** Who came through whom. */
    tree(wish?: InviterTree): Promise<InviterNode[]>;
    /** What an account issued, the newest first, and who came through it. */
    issued(accountId: string, page?: { readonly limit?: number; readonly before?: string }): Promise<IssuedBy[]>;
    /**
     * Ends all that an account issued, for good: open invitations and campaigns; with `undo`, takes back what was given
     * through any of it. By the operator or an admin; called again, it goes on where it was broken off. Throws `grant_not_allowed`.
     */
    revokeAll(accountId: string, wish: RevokingAll, actor: By): Promise<RevokedAll>;
  };
};

export function inviterCalls(host: InvitationHost): InviterCalls {
  return {
    reissue: async (id, actor) => withUrl(host, await reissue(host, id, deedOf(actor))),
    share: (id, actor) => share(host, id, deedOf(actor)),
    leaks: (filter) => leaksOf(host, filter),
    own: (inviter) => ownInvitations(host, inviter),
    inviters: {
      tree: (wish) => treeOf(host, wish),
      issued: (accountId, page) => issuedBy(host, { ...page, accountId }),
      revokeAll: (accountId, wish, actor) => revokeAllBy(host, accountId, { ...wish, ...deedOf(actor) }),
    },
  };
}

/** One invitation of a member's own: what it offers, what has happened, and what can be done. Never its link. */
import type { Context } from 'koa';
import { z } from 'zod';
import type { Member } from '../account/security.ts';
import { findAccountById } from '../account/store.ts';
import type { Redemption } from '../invitation/own.ts';
import type { TimelineEntry } from '../invitation/timeline.ts';
import { invitationDeeds, type InvitationNews } from './invitation-pages.ts';
import { findShared } from './invitation-share.ts';
import { deedsOf, ownOf, shownOf } from './invitation-shown.ts';
import { type PortalSite, portalPath } from './portal.ts';

/** Throws `invitation_not_found`. */
export async function showInvitation(site: PortalSite, ctx: Context, member: Member): Promise<void> {
  const id = String(ctx['params']['id']);
  const own = ownOf(site, ctx, member);
  const found = await own.find(id);
  const [entries, leaks, cameBy, shared] = await Promise.all([
    site.guestlist.timeline(id),
    site.guestlist.leaks({ invitationIds: [id] }),
    own.cameBy(id),
    findShared(site, member, id),
  ]);
  const { hasPin, approval: needsApproval, domains } = found;
  const done = z.enum(invitationDeeds).safeParse(ctx.query['done']);
  const replacedBy = replacementIn(entries);
  const data = {
    invitation: { ...shownOf(site, found), hasPin, needsApproval, domains },
    deeds: deedsOf(site, found),
    done: done.success ? done.data : undefined,
    shareHref: shared && found.state !== 'revoked' ? portalPath(site, `/invitations/${id}/share`) : undefined,
    replacedHref: replacedBy === undefined ? undefined : portalPath(site, `/invitations/${replacedBy}`),
    news: entries.flatMap((entry) => newsOf(entry, member.account.id)),
    leak: leaks[0]?.facts,
    cameBy: cameBy && (await named(site, cameBy)),
    backHref: portalPath(site, '/invitations'),
  };
  site.show(ctx, { page: 'portal/invitation', data });
}

function replacementIn(entries: readonly TimelineEntry[]): string | undefined {
  const id = entries.findLast(({ what }) => what === 'invitation.reissued')?.detail['replacedBy'];
  return typeof id === 'string' ? id : undefined;
}

/** So many are named; the number of all is on the page anyway. */
const mostNames = 100;

async function named({ database }: PortalSite, cameBy: readonly Redemption[]) {
  const names = cameBy.slice(-mostNames).map(async ({ accountId, redeemedAt: at }) => {
    const account = await findAccountById(database, accountId);
    return { name: account?.name, at };
  });
  return Promise.all(names);
}

/** What inviters are told of, in the words of the page; of mails, those to the invitee alone. */
const told: ReadonlySet<string> = new Set([
  'created',
  'changed',
  'confirmed',
  'adopted',
  'resent',
  'reissued',
  'revoked',
  'undone',
  'reminded',
  'renewed',
  'redeemed',
  'declined',
  'approval_asked',
  'approved',
  'rejected',
  'pin_locked',
  'pin_revoked',
  'pin_changed',
  'link_wanted',
  'leak_suspected',
]);

function newsOf({ at, what, who, detail }: TimelineEntry, accountId: string): InvitationNews[] {
  const by = who === accountId ? 'you' : 'others';
  const [, subject, word = ''] = /^(invitation|mail)\.(\w+)$/.exec(what) ?? [];
  if (subject === 'invitation') return told.has(word) ? [{ at, what: word, by }] : [];
  const isTold = detail['kind'] === 'invited' && ['sent', 'failed'].includes(word);
  return isTold ? [{ at, what: `mail_${word}`, by }] : [];
}

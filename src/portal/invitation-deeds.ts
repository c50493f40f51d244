/** What a member does to an invitation of their own: each is named and asked on a page of its own, then done. */
import type { Context } from 'koa';
import { slugOfGrant } from '../group/group.ts';
import type { Member } from '../account/security.ts';
import { Failure } from '../errors.ts';
import type { OwnInvitations, OwnIssued } from '../invitation/own.ts';
import type { InvitationSummary } from '../invitation/summary.ts';
import { leadTo } from '../lib/answer.ts';
import { addSeconds } from '../lib/clock.ts';
import type { InvitationDone, InvitationsPages } from './invitation-pages.ts';
import { forgetShared, keepShared } from './invitation-share.ts';
import { ownOf, shownOf } from './invitation-shown.ts';
import { type PortalPage, type PortalSite, portalForm, portalPath, readPortalForm } from './portal.ts';

type DeedName = InvitationsPages['portal/invitation-deed']['deed'];

/** Throws `invitation_not_found`. */
export function askAbout(deed: DeedName): PortalPage {
  return async (site, ctx, member) => {
    const own = ownOf(site, ctx, member);
    const found = await own.find(idOf(ctx));
    const data = {
      ...portalForm(site, member, `/invitations/${found.id}/${deed}`),
      deed,
      invitation: shownOf(site, found),
      renewedUntil: deed === 'resend' ? await renewedUntil(site, own, found) : undefined,
      backHref: portalPath(site, `/invitations/${found.id}`),
    };
    site.show(ctx, { page: 'portal/invitation-deed', data });
  };
}

function idOf(ctx: Context): string {
  return String(ctx['params']['id']);
}

function leadToPage(site: PortalSite, ctx: Context, { id, done }: { readonly id: string; readonly done?: InvitationDone }): void {
  leadTo(ctx, portalPath(site, `/invitations/${id}${done ? `?done=${done}` : ''}`));
}

/** The form, once it is known whose invitation it is: others learn as little here as anywhere. */
async function readDeed(site: PortalSite, ctx: Context, member: Member) {
  const own = ownOf(site, ctx, member);
  const found = await own.find(idOf(ctx));
  await readPortalForm(site, ctx, member);
  return { own, found };
}

export async function revokeInvitation(site: PortalSite, ctx: Context, member: Member): Promise<void> {
  const { own, found } = await readDeed(site, ctx, member);
  await own.revoke(found.id);
  await forgetShared(site, member, found.id);
  leadToPage(site, ctx, { id: found.id, done: 'revoked' });
}

export async function resendInvitation(site: PortalSite, ctx: Context, member: Member): Promise<void> {
  const { own, found } = await readDeed(site, ctx, member);
  await own.resend(found.id, { expiresAt: await renewedUntil(site, own, found) });
  leadToPage(site, ctx, { id: found.id, done: 'resent' });
}

const weekSeconds = 7 * 24 * 60 * 60;

/** One that has run out gets another week, or what the groups allow. Undefined: its end stays. */
async function renewedUntil({ clock }: PortalSite, own: OwnInvitations, { state, grants }: InvitationSummary): Promise<Date | undefined> {
  if (state !== 'expired') return undefined;
  const slugs = grants.map(slugOfGrant);
  const longest = (await own.groups()).filter(({ slug }) => slugs.includes(slug)).flatMap((group) => group.maxLifetimeSeconds ?? []);
  return addSeconds(clock(), Math.min(weekSeconds, ...longest));
}

/** The form sent twice finds the old one replaced: its page leads on to the new one. */
export async function reissueInvitation(site: PortalSite, ctx: Context, member: Member): Promise<void> {
  const { own, found } = await readDeed(site, ctx, member);
  const issued = await reissueOnce(own, found.id);
  if (!issued) return leadToPage(site, ctx, { id: found.id });
  await forgetShared(site, member, found.id);
  if (await keepShared(site, member, issued)) return leadTo(ctx, portalPath(site, `/invitations/${issued.id}/share`));
  leadToPage(site, ctx, { id: issued.id, done: 'mailed' });
}

async function reissueOnce(own: OwnInvitations, id: string): Promise<OwnIssued | undefined> {
  try {
    return await own.reissue(id);
  } catch (error) {
    if (error instanceof Failure && error.code === 'invitation_revoked') return undefined;
    throw error;
  }
}

/** `/admin/invitations/:id`: what one offers, what has happened to it, who came by it, and what can be done. Never its link. */
import type { Context } from 'koa';
import { managesOffer } from '../admin/access.ts';
import { listApps } from '../client/store.ts';
import { namesOf } from './audit-store.ts';
import { consoleHref } from './forms.ts';
import { type InvitationDeed, type InvitationPageData, invitationDeeds, type TimelineItem } from './invitation-data.ts';
import { findShared } from './invitation-share.ts';
import { detailOf, type WireInvitation } from './invitation-shown.ts';
import { type Operating, operate } from './operate.ts';
import type { ConsoleSite, Visitor } from './site.ts';

const mostNamed = 50;

/** Throws `invitation_not_found`. */
export async function showInvitation(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const doing = { site, ctx, visitor };
  const id = String(ctx['params']['id']);
  const params = { invitationId: id };
  const invitation = await operate(doing, 'getInvitation', { params });
  const [tokens, leaks, shared, apps] = await Promise.all([
    operate(doing, 'listInvitationTokens', { params }),
    operate(doing, 'getInvitationLeaks', { params }),
    findShared(site, visitor, id),
    listApps(site.database),
  ]);
  const landing = apps.find(({ clientId }) => clientId === invitation.landingClientId)?.name ?? invitation.landingClientId ?? undefined;
  const hrefOf = (other: string | null) =>
    other === null ? undefined : consoleHref(site, `/admin/invitations/${encodeURIComponent(other)}`);
  const data: InvitationPageData = {
    invitation: await detailOf(site, invitation, landing),
    deeds: deedsOf(invitation, visitor).map((deed) => ({ deed, href: `${hrefOf(id)}/${deed}` })),
    shareHref: shared && invitation.state !== 'revoked' ? `${hrefOf(id)}/sheet` : undefined,
    replacedHref: hrefOf(invitation.replacedById),
    replacesHref: hrefOf(invitation.replacesId),
    campaignHref: invitation.campaignId === null ? undefined : consoleHref(site, `/admin/campaigns/${invitation.campaignId}`),
    people: managesOffer(visitor.caller, invitation) ? await peopleOf(doing, id) : undefined,
    tokens: tokens.items.map(({ channel, createdAt, supersededAt }) => ({
      channel,
      createdAt: new Date(createdAt),
      supersededAt: supersededAt === null ? undefined : new Date(supersededAt),
    })),
    leaks: leaks.items.flatMap(({ reasons }) => reasons),
    approvalsHref: consoleHref(site, '/admin/approvals'),
  };
  visitor.show({ page: 'console/invitation', data });
}

/** What makes sense as things stand; whether they may is for the use case to say. */
function deedsOf({ state, email, usedCount, maxUses, awaitsConfirmation, inviterId }: WireInvitation, visitor: Visitor): InvitationDeed[] {
  const isAlive = state !== 'revoked';
  const hasPlaces = usedCount < maxUses;
  const isOut = isAlive && state !== 'expired' && hasPlaces;
  const makesSense: Readonly<Record<InvitationDeed, boolean>> = {
    extend: isAlive,
    change: isAlive,
    resend: isOut && email !== null && !awaitsConfirmation,
    share: isOut,
    reissue: isAlive && hasPlaces,
    confirm: isAlive && awaitsConfirmation && inviterId !== visitor.account.id,
    adopt: isAlive && inviterId !== visitor.account.id,
    revoke: isAlive,
    undo: usedCount > 0,
  };
  return invitationDeeds.filter((deed) => makesSense[deed]);
}

async function peopleOf(
  doing: Operating & { readonly site: ConsoleSite; readonly visitor: Visitor },
  id: string,
): Promise<InvitationPageData['people']> {
  const { site, visitor } = doing;
  const params = { invitationId: id };
  const [entries, joined, waiting] = await Promise.all([
    operate(doing, 'getInvitationTimeline', { params, query: { limit: 200 } }),
    operate(doing, 'listRedemptions', { params, query: { limit: mostNamed } }),
    operate(doing, 'listApprovals', { params }),
  ]);
  const personHref = (accountId: string) =>
    visitor.caller.isAdmin ? consoleHref(site, `/admin/people/${encodeURIComponent(accountId)}`) : undefined;
  const names = await namesOf(
    site.database,
    entries.items.map(({ who }) => who),
  );
  const toPerson = (at: string, { accountId, name, email }: { accountId: string; name: string | null; email: string | null }) => ({
    name: name ?? accountId,
    email: email ?? undefined,
    at: new Date(at),
    href: personHref(accountId),
  });
  return {
    timeline: entries.items
      .map(({ at, what, who, detail }): TimelineItem => {
        const name = names.get(who);
        return { at: new Date(at), what, who, name, whoHref: name === undefined ? undefined : personHref(who), about: aboutOf(detail) };
      })
      .toReversed(),
    joined: joined.items.map((row) => toPerson(row.redeemedAt, row)),
    isMore: joined.next !== undefined,
    waiting: waiting.items.map((row) => toPerson(row.askedAt, row)),
  };
}

/** To whom a mail went, and what a mail server said of it. */
function aboutOf({ to, answer }: Readonly<Record<string, unknown>>): string | undefined {
  const words = [to, answer].filter((value): value is string => typeof value === 'string' && value !== '');
  return words.length > 0 ? words.join(' · ') : undefined;
}

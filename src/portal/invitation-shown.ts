/** A member's own invitations as these pages have them, and what can be done with each now. */
import type { Context } from 'koa';
import type { Member } from '../account/security.ts';
import { originOf } from '../audit/audit.ts';
import { plainRole } from '../group/group.ts';
import type { OwnInvitations } from '../invitation/own.ts';
import type { InvitationSummary } from '../invitation/summary.ts';
import type { Deeds, ShownInvitation } from './invitation-pages.ts';
import { type PortalSite, portalPath } from './portal.ts';

type Site = Pick<PortalSite, 'issuer'>;

export function ownOf({ guestlist }: PortalSite, ctx: Context, { account }: Member): OwnInvitations {
  return guestlist.own({ accountId: account.id, from: originOf(ctx) });
}

export function shownOf(site: Site, invitation: InvitationSummary): ShownInvitation {
  const { id, state, label, email, gives, usedCount, maxUses, startsAt, expiresAt, createdAt } = invitation;
  return {
    id,
    href: portalPath(site, `/invitations/${id}`),
    state,
    label,
    email,
    places: gives.map(({ name, role }) => ({ name, role: role === plainRole ? undefined : role })),
    usedCount,
    maxUses,
    startsAt,
    expiresAt,
    createdAt,
  };
}

/** One that has run out can be mailed again, and made again, as long as it is not revoked. */
export function deedsOf(site: Site, { id, state, email, usedCount, maxUses }: InvitationSummary): Deeds {
  const to = (deed: string, isPossible: boolean) => (isPossible ? portalPath(site, `/invitations/${id}/${deed}`) : undefined);
  const isLive = state !== 'revoked' && state !== 'suspended';
  return {
    resendHref: to('resend', isLive && email !== undefined && usedCount < maxUses),
    reissueHref: to('reissue', isLive && usedCount < maxUses),
    revokeHref: to('revoke', state !== 'revoked' && state !== 'expired' && state !== 'used_up'),
  };
}

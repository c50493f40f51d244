/** `/me/invitations`: what a member has offered, the newest first. */
import type { Context } from 'koa';
import type { Member } from '../account/security.ts';
import { deedsOf, ownOf, shownOf } from './invitation-shown.ts';
import { type PortalSite, portalPath } from './portal.ts';

const pageSize = 20;

export async function showInvitations(site: PortalSite, ctx: Context, member: Member): Promise<void> {
  const own = ownOf(site, ctx, member);
  const before = beforeOf(ctx);
  const [found, groups] = await Promise.all([own.list({ limit: pageSize + 1, before }), own.groups()]);
  const listed = found.slice(0, pageSize);
  const last = found.length > pageSize ? listed.at(-1)?.id : undefined;
  const here = portalPath(site, '/invitations');
  const data = {
    invitations: listed.map((invitation) => ({ ...shownOf(site, invitation), ...deedsOf(site, invitation) })),
    inviteHref: groups.length > 0 ? portalPath(site, '/invitations/new') : undefined,
    sent: sentIn(ctx),
    newestHref: before === undefined ? undefined : here,
    olderHref: last === undefined ? undefined : `${here}?${new URLSearchParams({ before: last })}`,
  };
  site.show(ctx, { page: 'portal/invitations', data });
}

/** The last one of the page before. What cannot be one is as if it were not said. */
function beforeOf({ query }: Context): string | undefined {
  const { before } = query;
  return typeof before === 'string' && /^[\w-]{1,100}$/.test(before) ? before : undefined;
}

function sentIn({ query }: Context): number | undefined {
  const { sent } = query;
  return typeof sent === 'string' && /^[1-9]\d?$/.test(sent) ? Number(sent) : undefined;
}

/**
 * Leaving a group by oneself. It ends like anything that is withdrawn, so that apps hear of it in the same ways; but who
 * leaves is not removed: any other invitation lets them in again, and only the one they came by does not.
 */
import type { Context } from 'koa';
import type { Account } from '../account/account.ts';
import type { Member } from '../account/security.ts';
import { originOf } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { findHeldGroups, type HeldGroup } from '../group/held-store.ts';
import { adminRight, managerRole } from '../group/policy.ts';
import { leadTo } from '../lib/answer.ts';
import { inTransaction } from '../lib/db.ts';
import { portalForm, type PortalSite, portalPath, readPortalForm } from './portal.ts';
import { findHolding, countOffers, isLastInRole, listAppsOf, lockAdmins } from './store.ts';

/** Throws `page_not_found`: they are not in such a group. */
async function ownGroup({ database, clock }: PortalSite, ctx: Context, { id }: Pick<Account, 'id'>): Promise<HeldGroup> {
  const group = (await findHeldGroups(database, id, clock())).find(({ slug }) => slug === ctx['params']['slug']);
  if (!group) throw new Failure('page_not_found');
  return group;
}

export async function showLeave(site: PortalSite, ctx: Context, member: Member): Promise<void> {
  const { database, clock } = site;
  const { account } = member;
  const { groupId, slug, name, roles, rights, archived } = await ownGroup(site, ctx, account);
  const which = { accountId: account.id, groupId, now: clock() };
  const data = {
    ...portalForm(site, member, `/groups/${slug}/leave`),
    ...{ name, rights },
    isLastManager: roles.includes(managerRole) && (await isLastInRole(database, { ...which, role: managerRole })),
    appNames: archived ? [] : await listAppsOf(database, groupId),
    offers: await countOffers(database, which),
    backHref: portalPath(site, ''),
  };
  site.show(ctx, { page: 'portal/leave', data });
}

/** Throws `page_not_found`, `last_admin`. */
export async function leave(site: PortalSite, ctx: Context, member: Member): Promise<void> {
  const { account } = member;
  await readPortalForm(site, ctx, member);
  const { slug } = await ownGroup(site, ctx, account);
  await inTransaction(site.database, async (trx) => {
    await lockAdmins(trx);
    const asAdmin = { accountId: account.id, right: adminRight, now: site.clock() };
    const before = await findHolding(trx, asAdmin);
    const ended = await site.guestlist.within(trx).withdraw(account.id, { groups: [slug] }, { actor: account.id, from: originOf(ctx) });
    if (ended.length === 0) throw new Failure('page_not_found');
    if (before.has && !before.others && !(await findHolding(trx, asAdmin)).has) throw new Failure('last_admin');
  });
  leadTo(ctx, portalPath(site, '?done=left'));
}

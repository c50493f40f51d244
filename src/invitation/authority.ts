/**
 * What many invitations are to those who made them, and to whoever decides about them: the same questions as in `facts.ts`,
 * for a whole page of a list at once, in a handful of statements however long it is.
 */
import { findGivers } from '../group/giver-store.ts';
import { grantLabel } from '../group/manage.ts';
import { findPolicies } from '../group/policy-store.ts';
import { type Giver, mayDecide, mayGive, type Rules } from '../group/policy.ts';
import { findAbove } from '../group/tree-store.ts';
import type { Queryable } from '../lib/db.ts';
import { asksChannels, groupIdsOf, stillMay } from './facts.ts';
import type { HostPerson, InvitationHost } from './host.ts';
import type { Invitation } from './invitation.ts';
import { findInvitations } from './sight-store.ts';
import { findChannelsOf } from './visit-store.ts';

type Asked = { readonly invitations: readonly Invitation[]; readonly now: Date };

/** Ids of those that their own inviters could make now; the operator always could. */
export async function whichInvitersMay(host: InvitationHost, db: Queryable, { invitations, now }: Asked): Promise<ReadonlySet<string>> {
  const live = invitations.filter(({ revokedAt, expiresAt }) => !revokedAt && now < expiresAt);
  const givers = await giversOf(host, db, { accountIds: live.flatMap(({ inviterId }) => inviterId ?? []), now });
  const rules = await rulesOf(db, givers.size === 0 ? [] : live);
  const channels = asksChannels({ rules })
    ? await findChannelsOf(
        db,
        live.map(({ id }) => id),
      )
    : undefined;
  const may = new Set(invitations.filter(({ inviterId }) => inviterId === undefined).map(({ id }) => id));
  for (const invitation of live) {
    const { id, inviterId, grants } = invitation;
    const giver = inviterId === undefined ? undefined : givers.get(inviterId);
    if (!giver || inviterId === undefined) continue;
    const mayToday = (await host.mayInvite?.(inviterId, grants.map(grantLabel), db)) ?? mayGive(giver, grants, rules);
    if (mayToday && stillMay({ giver, rules }, invitation, channels?.get(id) ?? [])) may.add(id);
  }
  return may;
}

/** Of these, the ids of those whose own inviters could make them now. */
export async function whichAreGood(
  host: InvitationHost,
  db: Queryable,
  { ids, now }: { readonly ids: readonly string[]; readonly now: Date },
): Promise<ReadonlySet<string>> {
  return ids.length === 0 ? new Set() : whichInvitersMay(host, db, { invitations: await findInvitations(db, ids), now });
}

/** Of these, the ids of those that this account decides about now. */
export async function whichAreDecidedBy(
  host: InvitationHost,
  db: Queryable,
  { accountId, invitations, now }: Asked & { readonly accountId: string },
): Promise<ReadonlySet<string>> {
  const giver = (await giversOf(host, db, { accountIds: [accountId], now })).get(accountId);
  const rules = await rulesOf(db, giver ? invitations : []);
  const theirs = new Set<string>();
  for (const { id, grants } of giver ? invitations : []) {
    const hostSays = await host.mayInvite?.(accountId, grants.map(grantLabel), db);
    if (giver && (hostSays ?? mayDecide(giver, grants, rules))) theirs.add(id);
  }
  return theirs;
}

async function rulesOf(db: Queryable, invitations: readonly Invitation[]): Promise<Required<Rules>> {
  const groupIds = [...new Set(invitations.flatMap(({ grants }) => groupIdsOf(grants)))];
  return { above: await findAbove(db, groupIds), policies: await findPolicies(db, groupIds) };
}

type Wanted = { readonly accountIds: readonly string[]; readonly now: Date };

/** Without those who are disabled, or gone. */
async function giversOf(host: InvitationHost, db: Queryable, { accountIds, now }: Wanted): Promise<ReadonlyMap<string, Giver>> {
  const ids = [...new Set(accountIds)];
  const people = await peopleOf(host, db, ids);
  const isHere = (id: string) => people.has(id) && people.get(id)?.disabled !== true;
  return findGivers(db, ids.filter(isHere), now);
}

/** By account; who is not there is left out. One after the other, where the host knows no better. */
async function peopleOf(
  { people, person }: InvitationHost,
  db: Queryable,
  ids: readonly string[],
): Promise<ReadonlyMap<string, HostPerson>> {
  if (people) return people(ids, db);
  const found = new Map<string, HostPerson>();
  for (const id of ids) {
    const known = await person(id, db);
    if (known) found.set(id, known);
  }
  return found;
}

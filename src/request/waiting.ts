/** What waits for one account: the requests that it could approve today. What they are is `request.ts`; deciding is `decide.ts`. */
import { Failure } from '../errors.ts';
import type { Grant } from '../group/group.ts';
import { grantLabel } from '../group/manage.ts';
import { mayDecide } from '../group/policy.ts';
import type { Queryable } from '../lib/db.ts';
import { authorityOf } from '../invitation/facts.ts';
import type { InvitationHost } from '../invitation/host.ts';
import { findDesk, findDeskById, listDesks } from './desk-store.ts';
import { grantsOf } from './desk.ts';
import { findRequest, listWaiting, type RequestRow, type WaitingPage } from './store.ts';

/** The oldest first. */
export async function listWaitingFor(
  host: InvitationHost,
  { accountId, slug, ...page }: Omit<WaitingPage, 'groupIds'> & { readonly accountId: string },
): Promise<RequestRow[]> {
  const { database } = host;
  const desk = slug === undefined ? undefined : await findDesk(database, slug);
  const desks = slug === undefined ? await listDesks(database, 'where somebody waits') : desk ? [desk] : [];
  const groupIds = await whichCouldBeGiven(host, accountId, desks);
  return groupIds.length === 0 ? [] : listWaiting(database, { ...page, groupIds });
}

/** Whether it waits or is decided about already. False also for one that there is not. */
export async function couldApprove(host: InvitationHost, id: string, accountId: string): Promise<boolean> {
  const request = await findRequest(host.database, id);
  if (!request?.confirmedAt) return false;
  const desk = await findDeskById(host.database, request.groupId);
  return (await whichCouldBeGiven(host, accountId, [{ ...request, template: desk?.template }])).length > 0;
}

type Place = { readonly groupId: string; readonly slug: string; readonly template: string | undefined };

/** Ids of the groups where this account could give what an approval gives; what it is, is read once for all of them. */
async function whichCouldBeGiven(host: InvitationHost, accountId: string, places: readonly Place[]): Promise<string[]> {
  const { database, clock } = host;
  const given: { readonly place: Place; readonly grants: readonly Grant[] | undefined }[] = [];
  for (const place of places) given.push({ place, grants: await grantsOrNone(database, place) });
  const grants = given.flatMap((one) => one.grants ?? []);
  const authority = await authorityOf({ ...host, mayInvite: undefined }, database, { accountId, grants, now: clock() });
  const found: string[] = [];
  for (const { place, grants: own } of authority ? given : []) {
    if (!authority || !own) continue;
    const hostSays = await host.mayInvite?.(accountId, own.map(grantLabel), database);
    if (hostSays ?? mayDecide(authority.giver, own, authority.rules)) found.push(place.groupId);
  }
  return found;
}

/** Undefined: a part of it is gone, and nobody can give it. */
async function grantsOrNone(db: Queryable, place: Place): Promise<readonly Grant[] | undefined> {
  try {
    return await grantsOf(db, place);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

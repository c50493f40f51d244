/** Everybody who waits for a decision, across invitations, as whoever decides sees them; deciding about one is `approval.ts`. */
import { isAdmin } from '../group/policy.ts';
import { findManagedGroups } from '../group/tree-store.ts';
import { whichAreDecidedBy } from './authority.ts';
import { giverOf } from './facts.ts';
import type { InvitationHost } from './host.ts';
import type { Invitation } from './invitation.ts';
import { findInvitations, listWaiting, type Sight, type WaitingKey, type WaitingRow } from './sight-store.ts';
import { type InvitationSummary, summarizeAll } from './summary.ts';

export type WaitingPage = {
  readonly items: readonly (WaitingRow & { readonly invitation: InvitationSummary })[];
  /** For the next page; undefined: that was all. */
  readonly next: WaitingKey | undefined;
};

type Wish = { readonly actor: string; readonly limit: number; readonly after?: WaitingKey | undefined };

/** So many are looked at in search of a page. */
const mostLooks = 5;

/** Whom `actor` may decide about, an account or `operator`; those first whose time runs out first. */
export async function waitingForDecision(host: InvitationHost, { actor, limit, after }: Wish): Promise<WaitingPage> {
  const sight = await sightOf(host, actor);
  if (sight === 'nothing') return { items: [], next: undefined };
  const found: Found[] = [];
  let reached = after;
  for (let look = 0; look < mostLooks && found.length <= limit; look += 1) {
    const asked = await listWaiting(host.database, { sight, except: actor, after: reached, limit: limit + 1, now: host.clock() });
    found.push(...(await decidable(host, actor, asked)));
    const last = asked.at(-1);
    reached = asked.length > limit ? last : undefined;
    if (!reached) break;
  }
  const items = found.slice(0, limit);
  return { items: await summarized(host, items), next: found.length > limit ? items.at(-1) : reached };
}

type Found = WaitingRow & { readonly invitation: Invitation };

async function summarized(host: InvitationHost, found: readonly Found[]): Promise<WaitingPage['items']> {
  const invitations = new Map(found.map(({ invitation }) => [invitation.id, invitation]));
  const summaries = new Map((await summarizeAll(host, [...invitations.values()])).map((summary) => [summary.id, summary]));
  return found.flatMap((row) => {
    const invitation = summaries.get(row.invitationId);
    return invitation ? [{ ...row, invitation }] : [];
  });
}

/** Undefined: everything. A host that says itself who may invite is asked about each. */
async function sightOf(host: InvitationHost, actor: string): Promise<Sight | 'nothing'> {
  if (actor === 'operator' || host.mayInvite) return undefined;
  const now = host.clock();
  const giver = await giverOf(host, host.database, { accountId: actor, now });
  if (!giver) return 'nothing';
  if (isAdmin(giver)) return undefined;
  const managed = await findManagedGroups(host.database, actor, now);
  return managed.length === 0 ? 'nothing' : { accountId: actor, groupIds: managed.map(({ id }) => id) };
}

async function decidable(host: InvitationHost, actor: string, asked: readonly WaitingRow[]): Promise<Found[]> {
  const ids = [...new Set(asked.map(({ invitationId }) => invitationId))];
  const invitations = await findInvitations(host.database, ids);
  const theirs =
    actor === 'operator'
      ? new Set(ids)
      : await whichAreDecidedBy(host, host.database, { accountId: actor, invitations, now: host.clock() });
  const byId = new Map(invitations.map((invitation) => [invitation.id, invitation]));
  return asked.flatMap((row) => {
    const invitation = byId.get(row.invitationId);
    return invitation && theirs.has(invitation.id) ? [{ ...row, invitation }] : [];
  });
}

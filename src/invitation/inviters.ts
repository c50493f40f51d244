/**
 * Who came through whom. Somebody belongs under whoever made the first invitation that they accepted; later ones change
 * nothing of it, and an account that is erased keeps its place, by its id alone. The tree is read a piece at a time, level by
 * level: of each no more than there are to be told. Neighbours: `tree-store.ts` (SQL).
 */
import type { Queryable } from '../lib/db.ts';
import type { InvitationHost } from './host.ts';
import { listInvitationsOf } from './own-store.ts';
import { listRedemptions } from './redemption-store.ts';
import { type InvitationSummary, summarizeAll } from './summary.ts';
import { findBelow, findPlace, findPlacesAbove, findStandings, type Place } from './tree-store.ts';

export type InviterNode = {
  readonly accountId: string;
  /** Undefined: the operator, or nobody: what they have was given to them without an invitation. */
  readonly invitedBy: string | undefined;
  /** Undefined: they were never invited. */
  readonly joinedAt: Date | undefined;
  /** Steps below the first. */
  readonly depth: number;
  /** How many came through them, themselves not counted; counted up to `countedInvited`. */
  readonly invited: number;
  /** How many of those that were counted are in any group, or have any right, today. */
  readonly stayed: number;
  /** They are there themselves. */
  readonly isHere: boolean;
};

export const countedInvited = 1_000;

export type InviterTree = {
  /** An account; then it comes first. Default: everybody, under the operator and whoever was never invited. */
  readonly root?: string | undefined;
  /** How many steps below the first, 1 to 50. Default: 10. */
  readonly depth?: number | undefined;
  /** Most accounts, 1 to 10,000. Default: 1,000. */
  readonly limit?: number | undefined;
  /** For the next ones the last account before, with the same root and depth. One that is not there has nobody after it. */
  readonly after?: string | undefined;
};

/**
 * Each before those who came through them, and beside each other in the order they came. Nobody is below themselves; accounts that
 * came through each other in a circle are found by a root alone.
 */
export async function treeOf(
  { database, clock }: InvitationHost,
  { root, depth = 10, limit = 1_000, after }: InviterTree = {},
): Promise<InviterNode[]> {
  if (!Number.isInteger(depth) || depth < 1 || depth > 50) throw new TypeError('tree: depth must be 1 to 50');
  if (!Number.isInteger(limit) || limit < 1 || limit > 10_000) throw new TypeError('tree: limit must be 1 to 10000');
  const first = await firstLevel(database, { root, depth, limit, after });
  for (let level = first; level.length > 0; ) level = await grow(database, level, { root, depth, limit });
  const found = inOrder(first).slice(0, limit);
  const standings = await findStandings(
    database,
    found.map(({ accountId }) => accountId),
    { most: countedInvited, now: clock() },
  );
  return found.flatMap(({ accountId, inviterId, depth: steps }, index) => {
    const standing = standings[index];
    if (!standing) return [];
    return [{ ...standing, accountId, invitedBy: inviterId ?? undefined, joinedAt: standing.joinedAt ?? undefined, depth: steps }];
  });
}

type Node = Place & {
  readonly depth: number;
  /** Of one that was told before: what is below it on the way to the last that was. */
  readonly way: readonly Place[] | undefined;
  readonly below: Node[];
};

type Bounds = { readonly root: string | undefined; readonly depth: number; readonly limit: number };

/** With `after`, those who were told before and are above what comes next, or have others of their level after them. */
async function firstLevel(db: Queryable, { after, ...bounds }: Bounds & { readonly after: string | undefined }): Promise<Node[]> {
  const { root } = bounds;
  const way = after === undefined ? [] : await wayTo(db, after, bounds);
  if (!way) return [];
  const [first, ...rest] = way;
  const told = first ? [nodeOf(first, 0, rest)] : [];
  if (root === undefined) {
    const more = await findBelow(db, [{ id: null, after: first }], bounds.limit);
    return [...told, ...more.map((place) => nodeOf(place, 0))];
  }
  const place = first ? undefined : await findPlace(db, root);
  return place ? [nodeOf(place, 0)] : told;
}

/** From the top to this account. Undefined: it is not in this tree. */
async function wayTo(db: Queryable, accountId: string, { root, depth }: Bounds): Promise<Place[] | undefined> {
  const up = await findPlacesAbove(db, accountId, depth + 1);
  const top = up.findIndex((place) => (root === undefined ? place.inviterId === null : place.accountId === root));
  return top === -1 ? undefined : up.slice(0, top + 1).toReversed();
}

function nodeOf({ accountId, inviterId, joinedAt }: Place, depth: number, way?: readonly Place[]): Node {
  return { accountId, inviterId, joinedAt, depth, way, below: [] };
}

/** So many are asked about at once who came through them: most people have invited nobody. */
const atOnce = 200;

/** Hangs the next level below this one, as much of it as could be told, and returns it. */
async function grow(db: Queryable, level: readonly Node[], { root, depth, limit }: Bounds): Promise<Node[]> {
  const next: Node[] = [];
  if ((level[0]?.depth ?? 0) >= depth) return next;
  for (let start = 0; start < level.length && next.length < limit; start += atOnce)
    next.push(...(await hangBelow(db, level.slice(start, start + atOnce), { root, limit })));
  return next;
}

async function hangBelow(db: Queryable, parents: readonly Node[], { root, limit }: Omit<Bounds, 'depth'>): Promise<Node[]> {
  for (const { way, below, depth } of parents) {
    const [first, ...rest] = way ?? [];
    if (first) below.push(nodeOf(first, depth + 1, rest));
  }
  const asked = parents.map(({ accountId: id, way }) => ({ id, after: way?.[0] }));
  for (const place of await findBelow(db, asked, limit)) {
    const parent = parents[place.of];
    if (place.accountId !== root) parent?.below.push(nodeOf(place, parent.depth + 1));
  }
  return parents.flatMap(({ below }) => below);
}

/** Without those that were told before. */
function inOrder(level: readonly Node[]): Node[] {
  return level.flatMap((node) => [...(node.way ? [] : [node]), ...inOrder(node.below)]);
}

export type IssuedBy = InvitationSummary & { readonly redemptions: Awaited<ReturnType<typeof listRedemptions>> };

export async function issuedBy(
  host: InvitationHost,
  { accountId, limit = 100, before }: { readonly accountId: string; readonly limit?: number; readonly before?: string },
): Promise<IssuedBy[]> {
  const found = await listInvitationsOf(host.database, { inviterId: accountId, limit, before });
  const summaries = await summarizeAll(host, found);
  return Promise.all(summaries.map(async (summary) => ({ ...summary, redemptions: await listRedemptions(host.database, summary.id) })));
}

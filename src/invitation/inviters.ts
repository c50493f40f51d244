/**
 * Who came through whom. Somebody belongs under whoever made the first invitation that they accepted; later ones change
 * nothing of it, and an account that is erased keeps its place, by its id alone. Neighbours: `inviter-store.ts` (SQL).
 */
import type { InvitationHost } from './host.ts';
import { findTree, type InviterNode } from './inviter-store.ts';
import { listInvitationsOf } from './own-store.ts';
import { listRedemptions } from './redemption-store.ts';
import { type InvitationSummary, summarizeAll } from './summary.ts';

export type { InviterNode } from './inviter-store.ts';

export type InviterTree = {
  /** An account; then it comes first. Default: everybody, under the operator and whoever was never invited. */
  readonly root?: string | undefined;
  /** How many steps below the first, 1 to 50. Default: 10. */
  readonly depth?: number | undefined;
  /** Most accounts, 1 to 100,000. Default: 10,000. */
  readonly limit?: number | undefined;
};

/** Each before those who came through them, and beside each other in the order they came. */
export async function treeOf(
  { database, clock }: InvitationHost,
  { root, depth = 10, limit = 10_000 }: InviterTree = {},
): Promise<InviterNode[]> {
  if (!Number.isInteger(depth) || depth < 1 || depth > 50) throw new TypeError('tree: depth must be 1 to 50');
  if (!Number.isInteger(limit) || limit < 1 || limit > 100_000) throw new TypeError('tree: limit must be 1 to 100000');
  return findTree(database, { root, depth, limit, now: clock() });
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

/**
 * Everything that somebody issued, ended at once: for an inviter who cannot be trusted any more. Whoever loses the right
 * to invite has theirs suspended without it, see `facts.ts`, and it is all good again with the right; this is for good.
 * Owns what goes with it: campaigns in their name, and what was given to those who came by any of it, which is taken back
 * on demand. Neighbours: `issue.ts` (revoking one), `undo.ts` (taking back from one), `inviters.ts` (who came through whom).
 */
import { recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { isAdmin } from '../group/policy.ts';
import { inTransaction } from '../lib/db.ts';
import type { Deed } from './deed.ts';
import { giverOf } from './facts.ts';
import type { InvitationHost } from './host.ts';
import { cancelCampaignsOf, findGivenBy, findOpenBy, findRunningCampaignsOf } from './inviter-store.ts';
import { revoke } from './issue.ts';
import { type Given, givenThrough, undo } from './undo.ts';

export type RevokingAll = {
  /** Also takes back what is left of what was given through any of it, ended or not. */
  readonly undo?: boolean | undefined;
  /** Says what would be done, and does none of it. */
  readonly dryRun?: boolean | undefined;
};

export type RevokedAll = {
  /** Ids of campaigns that make no more. */
  readonly cancelled: readonly string[];
  /** Ids of invitations that somebody could have accepted, also if they were to be renewed first. */
  readonly revoked: readonly string[];
  /** What was taken back, by invitation. */
  readonly undone: readonly (Given & { readonly invitationId: string })[];
};

/** By the operator and by admins. Called again, it goes on where it was broken off. Throws `grant_not_allowed`. */
export async function revokeAllBy(
  host: InvitationHost,
  inviterId: string,
  { undo: undoes = false, dryRun = false, ...deed }: Deed & RevokingAll,
): Promise<RevokedAll> {
  await requireAdmin(host, deed.actor);
  const at: At = { inviterId, dryRun, deed };
  const cancelled = await endCampaigns(host, at);
  const revoked = await endInvitations(host, at);
  const undone = undoes ? await takeBack(host, at) : [];
  if (!dryRun) await record(host, at, { campaigns: cancelled.length, invitations: revoked.length, undone: undone.length });
  return { cancelled, revoked, undone };
}

type At = { readonly inviterId: string; readonly dryRun: boolean; readonly deed: Deed };

async function requireAdmin(host: InvitationHost, actor: string): Promise<void> {
  if (actor === 'operator') return;
  const giver = await giverOf(host, host.database, { accountId: actor, now: host.clock() });
  if (!giver || !isAdmin(giver)) throw new Failure('grant_not_allowed');
}

/** First: else more would be made while the others are ended. A batch under way is finished before. */
async function endCampaigns({ database, clock, random }: InvitationHost, { inviterId, dryRun, deed }: At): Promise<string[]> {
  if (dryRun) return findRunningCampaignsOf(database, inviterId);
  return inTransaction(database, async (trx) => {
    const now = clock();
    const ids = await cancelCampaignsOf(trx, inviterId, { now, by: deed.actor });
    for (const id of ids)
      await recordAudit(trx, { at: now, ...deed, action: 'campaign.cancelled', subject: id, detail: { revokes: true } }, random);
    return ids;
  });
}

async function endInvitations(host: InvitationHost, { inviterId, dryRun, deed }: At): Promise<string[]> {
  const ended: string[] = [];
  for await (const id of pages((after) => findOpenBy(host.database, inviterId, { after, limit: atOnce })))
    if (dryRun || (await revoke(host, id, deed))) ended.push(id);
  return ended;
}

async function takeBack(host: InvitationHost, { inviterId, dryRun, deed }: At): Promise<RevokedAll['undone']> {
  const found: (Given & { readonly invitationId: string })[] = [];
  const now = host.clock();
  for await (const invitationId of pages((after) => findGivenBy(host.database, inviterId, { after, limit: atOnce, now }))) {
    const given = dryRun ? await givenThrough(host, invitationId) : await undo(host, invitationId, deed);
    found.push(...given.map((one) => ({ invitationId, ...one })));
  }
  return found;
}

const atOnce = 200;

/** In the order of their ids. */
async function* pages(next: (after: string) => Promise<readonly string[]>): AsyncGenerator<string> {
  for (let after = ''; ; ) {
    const page = await next(after);
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < atOnce) return;
    after = last;
  }
}

async function record({ database, clock, random }: InvitationHost, { inviterId, deed }: At, detail: Readonly<Record<string, number>>) {
  await recordAudit(database, { at: clock(), ...deed, action: 'inviter.revoked', subject: inviterId, detail }, random);
}

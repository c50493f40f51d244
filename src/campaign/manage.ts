/** What is done about a campaign that is there: ending it, going on, and saying in whose hands a card is. */
import { type AuditAction, recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { resolveGrants } from '../group/manage.ts';
import { plainLine } from '../group/wish.ts';
import type { Deed } from '../invitation/deed.ts';
import { requireMayInvite } from '../invitation/facts.ts';
import type { InvitationHost } from '../invitation/host.ts';
import { revoke } from '../invitation/issue.ts';
import { checkArguments } from '../lib/arguments.ts';
import { inTransaction, type Transaction } from '../lib/db.ts';
import type { CampaignSummary } from './campaign.ts';
import { toWish } from './draft.ts';
import { cardLabel, getCampaign } from './make.ts';
import { listOpenInvitations, lockWish, markCancelled, markResumed, retryFailed, updateName, type WishRow } from './store.ts';

/**
 * No more are made; a batch under way is finished first. With `revoke`, what was made and nobody has accepted is ended
 * as well; called again, it goes on where it was broken off. Throws `campaign_not_found`, `grant_not_allowed`.
 */
export async function cancelCampaign(
  host: InvitationHost,
  id: string,
  { actor, from, revoke: revokes = false }: Deed & { readonly revoke?: boolean | undefined },
): Promise<CampaignSummary & { readonly revoked: number }> {
  await inTransaction(host.database, async (trx) => {
    await lockForDeed(host, trx, { id, actor });
    const now = host.clock();
    if (await markCancelled(trx, id, { now, by: actor }))
      await record(host, trx, { id, actor, from, action: 'campaign.cancelled', detail: { revokes } });
  });
  const revoked = revokes ? await revokeAll(host, id, { actor, from }) : 0;
  return { ...(await getCampaign(host, id)), revoked };
}

const revokedAtOnce = 200;

/** What somebody else has taken over is theirs to end; the others are ended all the same. */
async function revokeAll(host: InvitationHost, id: string, deed: Deed): Promise<number> {
  let count = 0;
  for (let after = ''; ; ) {
    const ids = await listOpenInvitations(host.database, id, { after, limit: revokedAtOnce });
    for (const invitationId of ids) if (await revokeIfMay(host, invitationId, deed)) count += 1;
    const last = ids.at(-1);
    if (last === undefined) return count;
    after = last;
  }
}

async function revokeIfMay(host: InvitationHost, invitationId: string, deed: Deed): Promise<boolean> {
  try {
    return await revoke(host, invitationId, deed);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'grant_not_allowed') throw error;
    return false;
  }
}

/**
 * Goes on with what waits; with `failed`, also with what could not be made, such as what was more than a day's quota.
 * Throws `campaign_not_found`, `grant_not_allowed`.
 */
export async function resumeCampaign(
  host: InvitationHost,
  id: string,
  { actor, from, failed = false }: Deed & { readonly failed?: boolean | undefined },
): Promise<CampaignSummary> {
  await inTransaction(host.database, async (trx) => {
    await lockForDeed(host, trx, { id, actor });
    await markResumed(trx, id);
    const again = failed ? await retryFailed(trx, id) : 0;
    await record(host, trx, { id, actor, from, action: 'campaign.resumed', detail: { again } });
  });
  return getCampaign(host, id);
}

export type Naming = { readonly position: number; readonly name: string };

/** Who a card was given to: reports name them. Empty: nobody any more. Throws `campaign_not_found`, `campaign_row_not_found`, `grant_not_allowed`. */
export async function nameRow(host: InvitationHost, id: string, { actor, from, position, name }: Deed & Naming): Promise<void> {
  const plain = checkArguments('nameCard', plainLine(200), name).trim();
  await inTransaction(host.database, async (trx) => {
    const campaign = await lockForDeed(host, trx, { id, actor });
    const label = plain || toWish(campaign.wish).label || cardLabel(campaign.name, position);
    if (!(await updateName(trx, id, { position, name: plain, label }))) throw new Failure('campaign_row_not_found');
    // In the trail it stays for ever: who it is can be read in the campaign, as long as it is kept there.
    await record(host, trx, { id, actor, from, action: 'campaign.row_named', detail: { position } });
  });
}

/** By the operator, by whoever it was made for, and by whoever could make it today. */
async function lockForDeed(host: InvitationHost, trx: Transaction, { id, actor }: Pick<Deed, 'actor'> & { id: string }): Promise<WishRow> {
  const campaign = await lockWish(trx, id, 'update');
  if (!campaign) throw new Failure('campaign_not_found');
  if (actor === campaign.inviterId || actor === 'operator') return campaign;
  const grants = await resolveGrants(trx, toWish(campaign.wish));
  await requireMayInvite(host, trx, { actor, grants, now: host.clock() });
  return campaign;
}

type Entry = Deed & { readonly id: string; readonly action: AuditAction; readonly detail: Readonly<Record<string, unknown>> };

async function record(host: InvitationHost, trx: Transaction, { id, ...entry }: Entry): Promise<void> {
  await recordAudit(trx, { at: host.clock(), subject: id, ...entry }, host.random);
}

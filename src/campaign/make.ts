/**
 * From rows to invitations, some in each transaction: whoever dies in the middle leaves whole rows behind, and each is
 * made once however many work at it. Every row goes the ordinary way of an invitation, whose refusal is the row's answer.
 * Cards are made all at once, because their links and PINs are shown then and never again.
 */
import { type Origin, recordAudit } from '../audit/audit.ts';
import { Failure, statusOf } from '../errors.ts';
import type { Grant } from '../group/group.ts';
import { resolveGrants } from '../group/manage.ts';
import { type By, type Deed, deedOf } from '../invitation/deed.ts';
import { type InvitationHost, invitationUrl } from '../invitation/host.ts';
import { type InvitationPlan, type IssuedInvitation, issueIn, planInvitation } from '../invitation/issue.ts';
import { addSeconds } from '../lib/clock.ts';
import { inSavepoint, inTransaction, type Transaction } from '../lib/db.ts';
import { newId } from '../lib/random.ts';
import type { CampaignSummary } from './campaign.ts';
import { alreadyKnown, optionsOf, type StoredWish, toWish } from './draft.ts';
import { lockMailboxes } from './mailbox-store.ts';
import {
  claimDue,
  failWaiting,
  findCampaign,
  findWish,
  lockWaiting,
  lockWish,
  type Settled,
  settleRows,
  updateLease,
  type WaitingRow,
  type WishRow,
} from './store.ts';

/** What is printed once: whoever holds it can join. */
export type Card = {
  readonly position: number;
  readonly invitationId: string;
  readonly name: string | undefined;
  readonly url: string;
  readonly code: string;
  readonly pin: string | undefined;
  readonly expiresAt: Date;
  /** Names of the groups, or of what else it gives. */
  readonly places: readonly string[];
};

export type Running = {
  /** Who asks for it, and perhaps from where; the invitations are in the inviter's name all the same. Default: the operator. */
  readonly by?: By;
  /** Asked before each batch; the rest waits for another time. */
  readonly isEnough?: () => boolean;
  /** Of a campaign of cards: runs before they are good for anything, and none is made if it fails. It may be called again. */
  readonly keep?: (cards: readonly Card[]) => Promise<void>;
};

export type Ran = CampaignSummary & {
  /** Those that were made now, with their secrets, if it has cards. */
  readonly cards: readonly Card[];
};

/** Makes what waits, as far as it may be made; one that is cancelled is left alone. Throws `campaign_not_found`. */
export async function runCampaign(host: InvitationHost, id: string, running: Running = {}): Promise<Ran> {
  const found = await findWish(host.database, id);
  if (!found) throw new Failure('campaign_not_found');
  const deed = deedOf(running.by ?? 'operator');
  const cards = found.kind === 'cards' ? await makeCards(host, id, { keep: running.keep, deed }) : [];
  if (found.kind === 'mailed') await mailAll(host, id, { isEnough: running.isEnough, deed });
  return { ...(await getCampaign(host, id)), cards };
}

/** Throws `campaign_not_found`. */
export async function getCampaign({ database }: Pick<InvitationHost, 'database'>, id: string): Promise<CampaignSummary> {
  const campaign = await findCampaign(database, id);
  if (!campaign) throw new Failure('campaign_not_found');
  return campaign;
}

const leaseSeconds = 60;

/** For a worker: every campaign that has mails to be made and that no other worker is at. Returns how many it worked at. */
export async function runDue(host: InvitationHost, isEnough: () => boolean = () => false): Promise<number> {
  let count = 0;
  while (!isEnough()) {
    const until = addSeconds(host.clock(), leaseSeconds);
    const id = await inTransaction(host.database, (trx) => claimDue(trx, { now: host.clock(), until }));
    if (id === undefined) return count;
    const afterBatch = () => updateLease(host.database, id, addSeconds(host.clock(), leaseSeconds));
    await mailAll(host, id, { isEnough, afterBatch });
    await updateLease(host.database, id, undefined);
    count += 1;
  }
  return count;
}

const batchSize = 100;

type Mailing = {
  readonly isEnough?: (() => boolean) | undefined;
  readonly afterBatch?: () => Promise<void>;
  /** Undefined: a worker, which nobody has told to. */
  readonly deed?: Deed;
};

async function mailAll(host: InvitationHost, id: string, { isEnough, afterBatch, deed }: Mailing): Promise<void> {
  while (!isEnough?.() && (await makeBatch(host, id, deed)) > 0) await afterBatch?.();
}

type Making = {
  readonly id: string;
  readonly wish: StoredWish;
  readonly campaign: WishRow;
  readonly now: Date;
  readonly deed: Deed | undefined;
};

/** How many rows it settled; none if there are none, if others are at them, or if it is cancelled. */
async function makeBatch(host: InvitationHost, id: string, deed: Deed | undefined): Promise<number> {
  const now = host.clock();
  const campaign = await findWish(host.database, id);
  if (!campaign?.isOpen) return 0;
  const wish = toWish(campaign.wish);
  const making: Making = { id, wish, campaign, now, deed };
  const plan = await planOrFailure(host, making, { email: 'somebody@example.org' });
  const settled = await inTransaction(host.database, async (trx) => {
    if (!(await lockWish(trx, id, 'share'))?.isOpen) return 0;
    if (plan instanceof Failure) return failWaiting(trx, id, { failure: plan.code, now });
    const rows = await lockWaiting(trx, id, batchSize);
    if (rows.length === 0) return 0;
    const made = await mailRows(host, trx, { ...making, rows, plan });
    await settleRows(trx, id, { settled: made, now });
    await recordRun(host, trx, { ...making, settled: made });
    return rows.length;
  });
  if (settled > 0) host.afterCommit();
  return settled;
}

/** What nothing can be made of any more is every row's answer. */
async function planOrFailure(
  host: InvitationHost,
  { wish, campaign, now }: Making,
  addressee: { readonly email?: string } = {},
): Promise<InvitationPlan | Failure> {
  if (wish.expiresAt && wish.expiresAt <= now) return new Failure('invitation_expired');
  try {
    return await planInvitation(host, {
      ...optionsOf(wish, { ...campaign, inviterId: campaign.inviterId ?? undefined, now }),
      ...addressee,
    });
  } catch (error) {
    if (isAnswer(error)) return error;
    // It was right when the campaign was made: what it gives ends too soon by now, or the server knows less than then.
    if (error instanceof TypeError && error.message.startsWith('invite: '))
      return new Failure(error.message.startsWith('invite: ends') ? 'invitation_expired' : 'wish_invalid');
    throw error;
  }
}

/** A refusal; what will pass by itself is none. */
function isAnswer(error: unknown): error is Failure {
  return error instanceof Failure && statusOf(error.code) < 500;
}

type MailingRows = Making & { readonly rows: readonly WaitingRow[]; readonly plan: InvitationPlan };

async function mailRows(host: InvitationHost, trx: Transaction, { rows, plan, ...making }: MailingRows): Promise<Settled[]> {
  const grants = await grantsOrNone(trx, making.wish);
  const addressed = rows.flatMap(({ email, emailKey }) => (email && emailKey ? [{ email, emailKey }] : []));
  await lockMailboxes(
    trx,
    addressed.map((row) => row.emailKey),
  );
  const known = await alreadyKnown(host, trx, { rows: addressed, grants, now: making.now });
  const settled: Settled[] = [];
  for (const row of rows) {
    const { position, email, emailKey } = row;
    const failure = email === null || emailKey === null ? 'email_required' : known.get(emailKey);
    if (failure || email === null) settled.push({ position, invitationId: null, failure: failure ?? 'email_required' });
    else {
      const own = { ...plan, id: newId(making.now, host.random), wish: { ...plan.wish, email, label: labelOf(row, making) } };
      settled.push(settledBy(position, await issueRow(host, trx, { plan: own, from: fromOf(making) })));
    }
  }
  return settled;
}

/** A group that is gone by now is told by the invitation itself. */
async function grantsOrNone(trx: Transaction, wish: StoredWish): Promise<readonly Grant[]> {
  try {
    return await resolveGrants(trx, wish);
  } catch (error) {
    if (isAnswer(error)) return [];
    throw error;
  }
}

/** In whose hands it is: what a report of a leak names. */
function labelOf({ name, position }: Pick<WaitingRow, 'name' | 'position'>, { wish, campaign }: Making): string {
  return name ?? wish.label ?? cardLabel(campaign.name, position);
}

export const cardLabel = (campaignName: string, position: number) => `${campaignName} ${position}`;

/** Of the inviter alone: where somebody else was who had it done is not where they were. */
function fromOf({ deed, campaign }: Making): Origin | undefined {
  return deed?.actor === (campaign.inviterId ?? 'operator') ? deed.from : undefined;
}

type Issuing = { readonly plan: InvitationPlan; readonly from: Origin | undefined };

async function issueRow(host: InvitationHost, trx: Transaction, issuing: Issuing): Promise<IssuedInvitation | Failure> {
  try {
    return await inSavepoint(trx, () => issueIn(host, trx, issuing));
  } catch (error) {
    if (isAnswer(error)) return error;
    throw error;
  }
}

function settledBy(position: number, issued: IssuedInvitation | Failure): Settled {
  if (!(issued instanceof Failure)) return { position, invitationId: issued.id, failure: null };
  const { code, detail } = issued;
  return { position, invitationId: null, failure: code === 'policy_refused' ? `${code}:${detail['rule']}` : code };
}

/** Whoever had it done, and for cards whoever saw their links; the inviter alone is on record with each invitation. */
async function recordRun(
  host: InvitationHost,
  trx: Transaction,
  { id, now, deed, settled }: Making & { settled: readonly Settled[] },
): Promise<void> {
  if (!deed) return;
  const made = settled.filter(({ invitationId }) => invitationId !== null).length;
  const detail = { made, failed: settled.length - made };
  await recordAudit(trx, { at: now, ...deed, action: 'campaign.run', subject: id, detail }, host.random);
}

const plannedAtOnce = 50;

type MakingCards = { readonly keep: Running['keep'] | undefined; readonly deed: Deed };

/** All that wait, in one transaction. */
async function makeCards(host: InvitationHost, id: string, { keep, deed }: MakingCards): Promise<Card[]> {
  const { waiting } = await getCampaign(host, id);
  const campaign = await findWish(host.database, id);
  if (!campaign?.isOpen || waiting === 0) return [];
  const making: Making = { id, campaign, wish: toWish(campaign.wish), now: host.clock(), deed };
  const plans: (InvitationPlan | Failure)[] = [];
  while (plans.length < waiting) {
    const count = Math.min(plannedAtOnce, waiting - plans.length);
    plans.push(...(await Promise.all(Array.from({ length: count }, () => planOrFailure(host, making)))));
  }
  const cards = await inTransaction(host.database, async (trx) => {
    if (!(await lockWish(trx, id, 'update'))?.isOpen) return [];
    const rows = await lockWaiting(trx, id, plans.length);
    const made = await issueCards(host, trx, { ...making, rows, plans });
    await settleRows(trx, id, { settled: made.settled, now: making.now });
    await recordRun(host, trx, { ...making, settled: made.settled });
    await keep?.(made.cards);
    return made.cards;
  });
  if (cards.length > 0) host.afterCommit();
  return cards;
}

type IssuingCards = Making & { readonly rows: readonly WaitingRow[]; readonly plans: readonly (InvitationPlan | Failure)[] };

async function issueCards(host: InvitationHost, trx: Transaction, { rows, plans, ...making }: IssuingCards) {
  const places = (await grantsOrNone(trx, making.wish)).map((grant) => (grant.kind === 'group' ? grant.name : grant.right));
  const settled: Settled[] = [];
  const cards: Card[] = [];
  for (const [index, row] of rows.entries()) {
    const plan = plans[index];
    if (!plan) continue;
    const issued =
      plan instanceof Failure ? plan : await issueRow(host, trx, { plan: withLabel(plan, labelOf(row, making)), from: fromOf(making) });
    settled.push(settledBy(row.position, issued));
    if (issued instanceof Failure || issued.token === undefined || issued.code === undefined) continue;
    const { id: invitationId, token, code, pin, expiresAt } = issued;
    const url = invitationUrl(host.issuer, token);
    cards.push({ position: row.position, invitationId, name: row.name ?? undefined, url, code, pin, expiresAt, places });
  }
  return { settled, cards };
}

function withLabel(plan: InvitationPlan, label: string): InvitationPlan {
  return { ...plan, wish: { ...plan.wish, label } };
}

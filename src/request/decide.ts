/**
 * What becomes of a request that was confirmed: an invitation to what the group prescribes, to that mailbox alone, in
 * the name of whoever approves; or nothing, silently or with a word. A rule decides in the name of whoever made it.
 */
import { type Origin, recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { type Grant, isBarred } from '../group/group.ts';
import { resolveGrants } from '../group/manage.ts';
import { findHoldings } from '../group/membership-store.ts';
import { findFullGroups } from '../group/store.ts';
import { plainText } from '../group/wish.ts';
import { checkArguments } from '../lib/arguments.ts';
import { addSeconds } from '../lib/clock.ts';
import { inTransaction, type Transaction } from '../lib/db.ts';
import type { Deed } from '../invitation/deed.ts';
import { groupIdsOf, mayDecide, requireMayInvite } from '../invitation/facts.ts';
import type { InvitationHost } from '../invitation/host.ts';
import { needsConfirming } from '../invitation/invitation.ts';
import { type InvitationPlan, issueIn, planInvitation } from '../invitation/issue.ts';
import { onRecord, recordRefusal } from '../invitation/limits.ts';
import { isDestination } from '../invitation/template.ts';
import { findDeskById, listRules, lockRule } from './desk-store.ts';
import { grantsOf } from './desk.ts';
import { queueDeclined } from './mails.ts';
import { type Decision, decisionOf, ruleFor } from './request.ts';
import { findRequest, lockRequest, markDecided, type RequestRow, wasRefused } from './store.ts';

type Approved = { readonly invitationId: string; readonly needsConfirming: boolean };

/**
 * Throws `request_not_found`, `request_decided`, `grant_not_allowed`, `policy_refused`, `group_full`; `group_not_found` where one
 * is archived.
 */
export async function approveRequest(host: InvitationHost, id: string, { actor, from }: Deed): Promise<Approved> {
  const asked = await findRequest(host.database, id);
  if (!asked?.confirmedAt) throw new Failure('request_not_found');
  const { plan, grants } = await planFor(host, asked, actor);
  const work = async (trx: Transaction) => {
    const request = await lockWaiting(trx, id);
    const now = host.clock();
    await requireMayInvite(host, trx, { actor, grants, now });
    if ((await findFullGroups(trx, groupIdsOf(grants), now)).length > 0) throw new Failure('group_full');
    return approveIn(host, trx, { request, plan, deed: { actor, from }, ruleId: undefined });
  };
  const approved = await onRecord(host, { actor, from, subject: id }, () => inTransaction(host.database, work));
  host.afterCommit();
  return approved;
}

/** Throws `request_not_found`, `request_decided`. */
async function lockWaiting(trx: Transaction, id: string): Promise<RequestRow> {
  const request = await lockRequest(trx, id);
  if (!request?.confirmedAt) throw new Failure('request_not_found');
  if (request.decidedAt) throw new Failure('request_decided');
  return request;
}

type Planned = { readonly actor: string; readonly plan: InvitationPlan; readonly grants: readonly Grant[] };

/** To this mailbox, by mail alone, once; whatever else the template says stands. */
async function planFor(
  host: InvitationHost,
  { groupId, slug, email, locale, landingClientId, source }: RequestRow,
  actor: string,
): Promise<Planned> {
  // Forgotten: it was decided about, or nobody did for long.
  if (email === null) throw new Failure('request_decided');
  const template = (await findDeskById(host.database, groupId))?.template;
  const plan = await planInvitation(host, {
    ...(template === undefined ? { groups: [slug] } : { template }),
    ...(actor === 'operator' ? {} : { inviterId: actor }),
    ...(await landingOf(host, landingClientId)),
    label: source === null ? 'request' : `request: ${source}`,
    email,
    locale,
    channels: ['mail'],
    emailRule: 'exact',
    maxUses: 1,
  });
  return { actor, plan, grants: await grantsOf(host.database, { slug, template }) };
}

/** An app that is gone by now is nobody's destination. */
async function landingOf(host: InvitationHost, clientId: string | null): Promise<{ readonly landingClientId?: string }> {
  return clientId !== null && (await isDestination(host, clientId)) ? { landingClientId: clientId } : {};
}

type Approval = { readonly request: RequestRow; readonly plan: InvitationPlan; readonly deed: Deed; readonly ruleId: string | undefined };

async function approveIn(host: InvitationHost, trx: Transaction, { request, plan, deed, ruleId }: Approval): Promise<Approved> {
  const { id: invitationId, needsConfirming } = await issueIn(host, trx, { plan, from: deed.from, wasAskedFor: true });
  const now = host.clock();
  await markDecided(trx, request.id, { now, by: deed.actor, decision: 'approved', ruleId, invitationId });
  const detail = { group: request.slug, invitationId, ruleId };
  await recordAudit(trx, { at: now, ...deed, action: 'request.approved', subject: request.id, detail }, host.random);
  return { invitationId, needsConfirming };
}

/** `message`: they are told, with these words; empty: told without words. Undefined: nobody is told. */
export type Declining = Deed & { readonly message?: string | undefined };

/** Throws `request_not_found`, `request_decided`, `grant_not_allowed`; `TypeError` for words that are too long or no plain text. */
export async function declineRequest(host: InvitationHost, id: string, { actor, from, ...declining }: Declining): Promise<void> {
  // In UTF-16: as much as the 500 code points of the page's form can take.
  const message = checkArguments('decline', plainText(1_000).optional(), declining.message);
  await inTransaction(host.database, async (trx) => {
    const request = await lockWaiting(trx, id);
    const now = host.clock();
    const desk = await findDeskById(trx, request.groupId);
    await requireMayInvite(host, trx, { actor, grants: await grantsOf(trx, { slug: request.slug, template: desk?.template }), now });
    await declineIn(host, trx, { request, deed: { actor, from }, ruleId: undefined, now });
    if (message !== undefined && request.email !== null)
      await queueDeclined(host, trx, { to: request.email, group: request.groupName, message, locale: request.locale, now });
  });
  host.afterCommit();
}

type Decline = { readonly request: RequestRow; readonly deed: Deed; readonly ruleId: string | undefined; readonly now: Date };

async function declineIn(host: InvitationHost, trx: Transaction, { request, deed, ruleId, now }: Decline): Promise<void> {
  await markDecided(trx, request.id, { now, by: deed.actor, decision: 'declined', ruleId });
  const detail = { group: request.slug, ruleId };
  await recordAudit(trx, { at: now, ...deed, action: 'request.declined', subject: request.id, detail }, host.random);
}

/** What a rule would do, thought out before there is a transaction. */
export type RulePlan = { readonly ruleId: string; readonly approval: Planned | undefined };

/** Undefined: no rule is about this mailbox, or what its approval would give cannot be given. */
export async function planByRule(host: InvitationHost, request: RequestRow): Promise<RulePlan | undefined> {
  if (request.key === null) return undefined;
  const rule = ruleFor(await listRules(host.database, request.groupId), request.key);
  if (!rule) return undefined;
  if (rule.decision === 'decline') return { ruleId: rule.id, approval: undefined };
  try {
    return { ruleId: rule.id, approval: await planFor(host, request, rule.createdBy) };
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

const daySeconds = 24 * 60 * 60;

type ByRule = {
  readonly request: RequestRow;
  readonly byRule: RulePlan | undefined;
  /** Of whoever confirms. */
  readonly from: Origin;
  readonly now: Date;
};

/** Inside the confirmation. Undefined: it waits for somebody. */
export async function decideByRule(
  host: InvitationHost,
  trx: Transaction,
  { request, byRule, from: { requestId }, now }: ByRule,
): Promise<Decision | undefined> {
  const rule = byRule && (await lockRule(trx, { id: byRule.ruleId, since: addSeconds(now, -daySeconds) }));
  const decision = decisionOf(rule);
  if (!rule || !decision) return undefined;
  // Whoever made the rule was not there: only the occasion is on record.
  const deed = { actor: rule.createdBy, from: { requestId } };
  if (decision === 'decline') {
    await declineIn(host, trx, { request, deed, ruleId: rule.id, now });
    return decision;
  }
  const approval = byRule?.approval;
  // It was changed at this very moment.
  if (!approval || approval.actor !== rule.createdBy || !(await canGive(host, trx, { request, approval, now }))) return undefined;
  const work = () => approveIn(host, trx, { request, plan: approval.plan, deed, ruleId: rule.id });
  const isApproved = await unlessRefused(host, trx, { ...deed, subject: request.id, work });
  return isApproved ? decision : undefined;
}

type Attempt = { readonly actor: string; readonly subject: string; readonly work: () => Promise<unknown> };

/** Whoever made the rule has offered as much as they may today, or could not offer this any more: somebody else decides. */
async function unlessRefused(host: InvitationHost, trx: Transaction, { work, ...attempt }: Attempt): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'policy_refused') throw error;
    await recordRefusal(host, trx, { ...attempt, error });
    return false;
  }
}

type Giving = { readonly request: RequestRow; readonly approval: Planned; readonly now: Date };

/** Only what nobody has to look at. */
async function canGive(host: InvitationHost, trx: Transaction, { request, approval, now }: Giving): Promise<boolean> {
  const { actor, plan } = approval;
  // Closing it stops what decides by itself, also for whoever asked before.
  if (!(await findDeskById(trx, request.groupId))?.isOpen) return false;
  const grants = await resolveGrants(trx, plan.wish);
  if (needsConfirming({ grants }) || grants.some((grant) => grant.kind === 'group' && grant.archived)) return false;
  if ((await findFullGroups(trx, groupIdsOf(grants), now)).length > 0) return false;
  if (await wasTurnedAway(host, trx, { request, grants, now })) return false;
  return actor === 'operator' || mayDecide(host, trx, { accountId: actor, grants, now });
}

type Asker = { readonly request: RequestRow; readonly grants: readonly Grant[]; readonly now: Date };

/** An invitation of one's own is a way back for whoever was removed: only somebody who knows of it may open it. */
async function wasTurnedAway(host: InvitationHost, trx: Transaction, { request, grants, now }: Asker): Promise<boolean> {
  const { groupId, email, key } = request;
  if (email === null || key === null || (await wasRefused(trx, { groupId, key }))) return true;
  const account = await host.accountOf(email, trx);
  if (!account) return false;
  if ((await host.person(account.accountId, trx))?.disabled) return true;
  const holdings = await findHoldings(trx, account.accountId, now);
  return (holdings.removals ?? []).some((removal) => grants.some((grant) => isBarred(grant, holdings, removal)));
}

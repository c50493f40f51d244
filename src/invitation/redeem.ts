/**
 * Accepting an invitation. `preview` says what accepting would do; `redeem` does it, all in one transaction: lock the
 * invitation, decide again, make the account if there is none, and either let the person in (`admit.ts`) or keep a
 * place until somebody has decided. Either all of it is committed, or nothing happened.
 */
import { type Origin, recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import type { Grant } from '../group/group.ts';
import { lockHoldings } from '../group/membership-store.ts';
import { lockCappedGroups } from '../group/store.ts';
import { addSeconds } from '../lib/clock.ts';
import { inTransaction, type Transaction } from '../lib/db.ts';
import { admit } from './admit.ts';
import { insertAgreements } from './agreement-store.ts';
import { factsOf, groupIdsOf, personOf, provenEmail } from './facts.ts';
import { deleteHold } from './hold-store.ts';
import type { InvitationHost } from './host.ts';
import { type Decision, decide, type Facts, type Person } from './invitation.ts';
import { noteArrival } from './leak.ts';
import { tellInviter } from './mails.ts';
import { keepArrival, upsertApproval } from './redemption-store.ts';
import { lockInvitationRow } from './store.ts';
import type { Visit } from './visit.ts';
import { findVisitById, markAnswered } from './visit-store.ts';

/** Who accepts: an account there is, or one to be made inside the transaction. `acr`: how strongly they signed in. */
export type Redeemer = ({ readonly accountId: string } | { readonly createAccount: CreateAccount }) & { readonly acr?: string | undefined };

export type CreateAccount = (trx: Transaction, source: { readonly invitationId: string; readonly now: Date }) => Promise<string>;

export type RedeemRequest = {
  readonly visit: Visit;
  readonly redeemer: Redeemer;
  /** Addresses of documents. Kept with the redemption, or with the request for approval. */
  readonly agreedTo: readonly string[];
  readonly from?: Origin | undefined;
  readonly locale: string;
};

export type Redeemed = {
  readonly accountId: string;
  readonly answer: 'joined' | 'already_member' | 'awaiting_approval';
  readonly newGrants: readonly Grant[];
};

/** How long a place is kept for somebody who waits for a decision. */
const approvalSeconds = 14 * 24 * 60 * 60;

type Somebody = { readonly accountId: string | undefined; readonly acr: string | undefined };

/** What accepting would do now, for an account or (undefined) for somebody without one. */
export async function preview(host: InvitationHost, visit: Visit, { accountId, acr }: Somebody): Promise<Decision> {
  const now = host.clock();
  const facts = await factsOf(host, host.database, { visit, accountId, now });
  const person = await personOf(host, host.database, { accountId, invitationId: visit.invitation.id, acr, now });
  return decide(facts, person, now);
}

/** Throws the decision's refusal. Accepting again is not an error: it answers `already_member` or `awaiting_approval`. */
export async function redeem(host: InvitationHost, request: RedeemRequest): Promise<Redeemed> {
  const redeemed = await inTransaction(host.database, (trx) => redeemIn(trx, host, request));
  host.afterCommit();
  return redeemed;
}

async function redeemIn(trx: Transaction, host: InvitationHost, request: RedeemRequest): Promise<Redeemed> {
  const { redeemer } = request;
  if ('createAccount' in redeemer && !host.takesNewcomers) throw new Failure('registration_closed');
  const known = 'accountId' in redeemer ? redeemer.accountId : undefined;
  await lockInvitationRow(trx, request.visit.invitation.id);
  const visit = await findVisitById(trx, request.visit.id);
  if (!visit) throw new Failure('invitation_not_found');
  const { invitation } = visit;
  await lockCappedGroups(trx, groupIdsOf(invitation.grants));
  if (known !== undefined) await lockHoldings(trx, known);
  // After the locks: a link that ran out while we waited for it has run out.
  const now = host.clock();
  const facts = await factsOf(host, trx, { visit, accountId: known, now });
  const person = await personOf(host, trx, { accountId: known, invitationId: invitation.id, acr: redeemer.acr, now });
  const decision = decide(facts, person, now);
  if (decision.outcome === 'refused') throw new Failure(decision.code, {}, waitOf(facts, now));
  if (person.newcomer && host.newcomersProveEmail && facts.approach.provenKey === undefined) throw new Failure('email_not_verified');
  const accountId = 'accountId' in redeemer ? redeemer.accountId : await redeemer.createAccount(trx, { invitationId: invitation.id, now });
  const accepted = { host, request, visit, facts, person, accountId, now };
  await markAnswered(trx, visit.id, { answer: answerOf[decision.outcome], accountId, now });
  if (decision.outcome === 'join') await join(trx, accepted, decision.newGrants);
  if (decision.outcome === 'ask') await ask(trx, accepted);
  return { accountId, answer: answerOf[decision.outcome], newGrants: decision.outcome === 'join' ? decision.newGrants : [] };
}

const answerOf = {
  join: 'joined',
  ask: 'awaiting_approval',
  awaiting_approval: 'awaiting_approval',
  already_member: 'already_member',
} as const;

/** For `Retry-After`: a lock that ends by itself. */
function waitOf({ approach: { pinLock } }: Facts, now: Date): number | undefined {
  return pinLock?.until && Math.ceil((pinLock.until.getTime() - now.getTime()) / 1000);
}

type Accepted = {
  readonly host: InvitationHost;
  readonly request: RedeemRequest;
  readonly visit: Visit;
  readonly facts: Facts;
  readonly person: Person;
  readonly accountId: string;
  readonly now: Date;
};

async function join(trx: Transaction, accepted: Accepted, newGrants: readonly Grant[]): Promise<void> {
  const { host, request, visit, accountId, now } = accepted;
  await noteWhoCame(trx, accepted);
  await keepProvenAddress(trx, accepted);
  await insertAgreements(trx, { accountId, documents: request.agreedTo, now });
  await admit(host, trx, {
    invitation: visit.invitation,
    accountId,
    tokenId: visit.tokenId,
    accountCreated: 'createAccount' in request.redeemer,
    newGrants,
    locale: request.locale,
    now,
    actor: accountId,
    action: 'invitation.redeemed',
    from: request.from,
  });
  await keepArrival(trx, 'redemption', { invitationId: visit.invitation.id, accountId, visitId: visit.id });
  await deleteHold(trx, visit.id);
}

/** The place is kept; nothing is granted before somebody has decided. */
async function ask(trx: Transaction, accepted: Accepted): Promise<void> {
  const { host, request, visit, accountId, now } = accepted;
  const { invitation, tokenId } = visit;
  await noteWhoCame(trx, accepted);
  await keepProvenAddress(trx, accepted);
  await insertAgreements(trx, { accountId, documents: request.agreedTo, now });
  const accountCreated = 'createAccount' in request.redeemer;
  const lapsesAt = addSeconds(now, approvalSeconds);
  await upsertApproval(trx, {
    invitationId: invitation.id,
    accountId,
    tokenId,
    accountCreated,
    locale: request.locale,
    askedAt: now,
    lapsesAt,
  });
  await keepArrival(trx, 'approval', { invitationId: invitation.id, accountId, visitId: visit.id });
  await deleteHold(trx, visit.id);
  const detail = { accountId, tokenId, accountCreated };
  const entry = {
    at: now,
    actor: accountId,
    from: request.from,
    action: 'invitation.approval_asked',
    subject: invitation.id,
    detail,
  } as const;
  await recordAudit(trx, entry, host.random);
  const person = await host.person(accountId, trx);
  await tellInviter(host, trx, { invitation, notice: 'approval_wanted', name: person?.name, now });
  await host.events.awaiting?.({ invitationId: invitation.id, accountId }, trx);
}

/** Before the proven address is theirs: a mail that was passed on proves nobody's mailbox. */
async function noteWhoCame(trx: Transaction, { host, request, visit, accountId }: Accepted): Promise<void> {
  const { invitation, channel } = visit;
  const isProven = channel === 'account' || (channel === 'link' && (await provenEmail(trx, visit)) !== undefined);
  await noteArrival(host, trx, { invitation, accountId, ip: request.from?.ip, isProven });
}

/**
 * A mailbox that this browser has proven becomes the account's where that is what the invitation asked for, or where the
 * account says so itself. Under the rule `any` it stays what it was: whoever accepts may be somebody else.
 */
async function keepProvenAddress(trx: Transaction, { host, facts, person, accountId, visit }: Accepted): Promise<void> {
  const { provenKey } = facts.approach;
  if (!host.confirmEmail || provenKey === undefined || person.newcomer) return;
  const own = person.emails.find(({ key }) => key === provenKey);
  if (own?.verified || (!own && visit.invitation.addressee?.rule !== 'verify')) return;
  const email = await provenEmail(trx, visit);
  if (email !== undefined) await host.confirmEmail(accountId, email, trx);
}

/**
 * Accepting an invitation. `preview` says what accepting would do; `redeem` does it, all in one transaction: lock the
 * invitation, decide again, make the account if there is none, record the redemption, take a place, add what is new,
 * write the audit entry, queue the mail. Either all of it is committed, or nothing happened.
 */
import { recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { type Grant, noHoldings } from '../group/group.ts';
import { grantLabel } from '../group/manage.ts';
import { addGrant, findHoldings, lockHoldings } from '../group/store.ts';
import { inTransaction, type Queryable, type Transaction } from '../lib/db.ts';
import { newId } from '../lib/random.ts';
import { queueMail } from '../mail/outbox.ts';
import { withHolds } from './hold.ts';
import type { InvitationHost } from './host.ts';
import { type Decision, decide, type Invitation, type Person } from './invitation.ts';
import { offerLines } from './pages.ts';
import { deleteHold } from './hold-store.ts';
import { hasRedeemed, insertRedemption, lockInvitation, markAnswered, takePlace } from './store.ts';
import type { Visit } from './visit.ts';

/** Who accepts: an account there is, or one to be made inside the transaction. */
export type Redeemer =
  | { readonly accountId: string }
  | { readonly createAccount: (trx: Transaction, source: { readonly invitationId: string; readonly now: Date }) => Promise<string> };

export type RedeemRequest = {
  readonly visit: Visit;
  readonly redeemer: Redeemer;
  readonly ip?: string | undefined;
  readonly locale: string;
};

export type Redeemed = { readonly accountId: string; readonly answer: 'joined' | 'already_member'; readonly newGrants: readonly Grant[] };

const newcomer: Person = { newcomer: true, disabled: false, hasRedeemed: false, holdings: noHoldings };

/** What accepting would do now, for an account or (undefined) for somebody without one. */
export async function preview(host: InvitationHost, visit: Visit, accountId: string | undefined): Promise<Decision> {
  const now = host.clock();
  const invitation = await withHolds(host.database, visit.invitation, { visitId: visit.id, now });
  const person = accountId ? await personOf(host, host.database, { accountId, invitation, now }) : newcomer;
  return decide(invitation, person, now);
}

/** Throws the decision's refusal. Accepting again is not an error: it answers `already_member`. */
export async function redeem(host: InvitationHost, request: RedeemRequest): Promise<Redeemed> {
  const redeemed = await inTransaction(host.database, async (trx) => {
    const locked = await lockInvitation(trx, request.visit.invitation.id);
    if (!locked) throw new Failure('invitation_not_found');
    if ('accountId' in request.redeemer) await lockHoldings(trx, request.redeemer.accountId);
    // After the locks: a link that ran out while we waited for it has run out.
    const now = host.clock();
    const invitation = await withHolds(trx, locked, { visitId: request.visit.id, now });
    const { redeemer } = request;
    const person = 'accountId' in redeemer ? await personOf(host, trx, { accountId: redeemer.accountId, invitation, now }) : newcomer;
    const decision = decide(invitation, person, now);
    if (decision.outcome === 'refused') throw new Failure(decision.code);
    const accountId =
      'accountId' in redeemer ? redeemer.accountId : await redeemer.createAccount(trx, { invitationId: invitation.id, now });
    if (decision.outcome === 'already_member') return stay(trx, request.visit, { accountId, now });
    return join(host, trx, { request, invitation, accountId, newGrants: decision.newGrants, now });
  });
  host.afterCommit();
  return redeemed;
}

async function personOf(
  host: InvitationHost,
  db: Queryable,
  { accountId, invitation, now }: { readonly accountId: string; readonly invitation: Invitation; readonly now: Date },
): Promise<Person> {
  const known = await host.person(accountId, db);
  return {
    newcomer: false,
    disabled: !known || known.disabled === true,
    hasRedeemed: await hasRedeemed(db, invitation.id, accountId),
    holdings: await findHoldings(db, accountId, now),
  };
}

async function stay(
  trx: Transaction,
  visit: Visit,
  { accountId, now }: { readonly accountId: string; readonly now: Date },
): Promise<Redeemed> {
  await markAnswered(trx, visit.id, { answer: 'already_member', accountId, now });
  return { accountId, answer: 'already_member', newGrants: [] };
}

type Joining = {
  readonly request: RedeemRequest;
  readonly invitation: Invitation;
  readonly accountId: string;
  readonly newGrants: readonly Grant[];
  readonly now: Date;
};

async function join(host: InvitationHost, trx: Transaction, joining: Joining): Promise<Redeemed> {
  const { request, invitation, accountId, newGrants, now } = joining;
  const accountCreated = 'createAccount' in request.redeemer;
  const redemption = { invitationId: invitation.id, accountId, tokenId: request.visit.tokenId, redeemedAt: now, accountCreated };
  if (!(await insertRedemption(trx, redemption))) throw new Failure('invitation_used_up');
  if (!(await takePlace(trx, invitation.id, now))) throw new Failure('invitation_used_up');
  for (const grant of newGrants) {
    await addGrant(trx, { id: newId(now, host.random), accountId, grant, invitationId: invitation.id, now });
  }
  await markAnswered(trx, request.visit.id, { answer: 'joined', accountId, now });
  await deleteHold(trx, request.visit.id);
  await recordAudit(
    trx,
    {
      at: now,
      actor: accountId,
      actorIp: request.ip,
      action: 'invitation.redeemed',
      subject: invitation.id,
      detail: {
        tokenId: request.visit.tokenId,
        accountCreated,
        grants: newGrants.map(grantLabel),
      },
    },
    host.random,
  );
  await queueJoinedMail(host, trx, { ...joining, accountCreated });
  const grants = newGrants.map(grantLabel);
  await host.events.redeemed?.({ invitationId: invitation.id, accountId, accountCreated, grants, redeemedAt: now }, trx);
  return { accountId, answer: 'joined', newGrants };
}

async function queueJoinedMail(
  host: InvitationHost,
  trx: Transaction,
  joined: Joining & { readonly accountCreated: boolean },
): Promise<void> {
  const { request, invitation, accountId, newGrants, now, accountCreated } = joined;
  const person = await host.person(accountId, trx);
  if (!person?.email) return;
  const data = {
    name: person.name,
    offer: { inviterName: invitation.inviterName, lines: offerLines(newGrants, now), expiresAt: invitation.expiresAt },
    accountCreated,
    homeHref: host.home,
  };
  const context = { locale: request.locale, now };
  const mail = {
    kind: 'joined',
    to: person.email,
    subject: host.render('mail/joined.subject', data, context).trim(),
    text: host.render('mail/joined.text', data, context),
    html: host.render('mail/joined.html', data, context),
  };
  await queueMail(trx, mail, { now, random: host.random });
}

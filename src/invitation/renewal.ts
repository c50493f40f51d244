/**
 * A wish for a new link, by whoever holds one that lets nobody in. An invitation to one mailbox that has run out is
 * renewed: the new link goes to that mailbox and to nobody else, so it does not matter who asks. Everything else is for
 * the inviter, who is told. The page says the same whichever happened, and what is not wanted is done as well and taken
 * back, so that the time does not tell either. Neighbours: `resend.ts` (by somebody who may), `afterwards.ts` (the form).
 */
import { type Origin, recordAudit } from '../audit/audit.ts';
import { addSeconds } from '../lib/clock.ts';
import { inTransaction, keptIf, type Transaction } from '../lib/db.ts';
import { hasPoint } from '../lib/throttle.ts';
import { cancelMails } from '../mail/outbox.ts';
import { inviterMayInvite } from './facts.ts';
import { withHolds } from './hold-store.ts';
import type { InvitationHost } from './host.ts';
import { endsBy, type Invitation, needsConfirming, stateOf } from './invitation.ts';
import { makeToken } from './issue.ts';
import { limitsOfRenewal } from './limits.ts';
import { queueInvited, tellInviter } from './mails.ts';
import { findRenewals, insertRenewal, supersedeTokens } from './renewal-store.ts';
import { lockInvitation, updateLimits } from './store.ts';

const day = 24 * 60 * 60;

/** Of one invitation, ever. */
const mostRenewals = 3;

/** Could a new link go to its mailbox? What the page offers; whether it does is decided under the lock. */
export function looksRenewable({ addressee, revokedAt, expiresAt, usedCount, maxUses }: Invitation, now: Date): boolean {
  return addressee !== undefined && !revokedAt && now >= expiresAt && usedCount < maxUses;
}

/** A few times a day at most for each invitation; what is more is answered alike. */
export async function wishForLink(host: InvitationHost, id: string, from: Origin): Promise<void> {
  const isHeard = await hasPoint(host.linkWishes, id);
  await inTransaction(host.database, async (trx) => {
    const invitation = await lockInvitation(trx, id);
    if (!invitation) return;
    const now = host.clock();
    const renewal = await planRenewal(host, trx, { invitation, now });
    const isRenewed = isHeard && renewal?.isAllowed === true;
    await keptIf(trx, isHeard, () => tell(host, trx, { invitation, isRenewed, from, now }));
    if (renewal) await keptIf(trx, isRenewed, () => renew(host, trx, { invitation, renewal, from, now }));
  });
  host.afterCommit();
}

type Asked = { readonly invitation: Invitation; readonly now: Date };
type Renewal = { readonly isAllowed: boolean; readonly number: number; readonly expiresAt: Date };

/** Undefined: it is for whoever has it, and there is no mailbox. */
async function planRenewal(host: InvitationHost, trx: Transaction, { invitation, now }: Asked): Promise<Renewal | undefined> {
  if (!invitation.addressee) return undefined;
  const renewals = await findRenewals(trx, invitation.id);
  // One that has not begun is not renewed, but the work is done all the same: its end must come after its beginning.
  const begin = invitation.startsAt && invitation.startsAt > now ? invitation.startsAt : now;
  const asBefore = addSeconds(begin, Math.min(renewals.lifeSeconds ?? lifeOf(invitation), 7 * day));
  const { expiresAt, isAllowed: isWithinPolicy } = await limitsOfRenewal(host, trx, { invitation, expiresAt: asBefore, now });
  const renewed = await withHolds(trx, { ...invitation, expiresAt }, { visitId: '', now });
  const mayInvite = await inviterMayInvite(host, trx, { invitation, now });
  const isWelcome = await isAddresseeWelcome(host, trx, invitation.addressee.email);
  const isAllowed =
    looksRenewable(invitation, now) &&
    isWelcome &&
    isWithinPolicy &&
    renewals.count < mostRenewals &&
    // A second person has confirmed the end that it had, and no other.
    !needsConfirming(invitation) &&
    stateOf({ invitation: renewed, inviterMayInvite: mayInvite }, now) === 'open' &&
    !endsBy(invitation, expiresAt);
  return { isAllowed, number: Math.min(renewals.count + 1, mostRenewals), expiresAt };
}

/** From when it was made, or opened, to the end that it had. */
function lifeOf({ createdAt, startsAt, expiresAt }: Invitation): number {
  const begin = Math.max(createdAt.getTime(), startsAt?.getTime() ?? 0);
  return (expiresAt.getTime() - begin) / 1000;
}

async function isAddresseeWelcome({ accountOf, person }: InvitationHost, trx: Transaction, email: string): Promise<boolean> {
  const account = await accountOf(email, trx);
  return !account || (await person(account.accountId, trx))?.disabled !== true;
}

type Renewing = Asked & { readonly renewal: Renewal; readonly from: Origin };

/** Whatever was out before, by mail or shown to somebody, leads nowhere any more. */
async function renew(host: InvitationHost, trx: Transaction, { invitation, renewal, from, now }: Renewing): Promise<void> {
  const { id } = invitation;
  const { number, expiresAt } = renewal;
  await updateLimits(trx, id, { ...invitation, expiresAt });
  await supersedeTokens(trx, id, now);
  await cancelMails(trx, { invitationId: id, kinds: ['invited', 'reminder'], now });
  await insertRenewal(trx, id, { number, renewedAt: now, expiresAt });
  const token = await makeToken(host, trx, { invitationId: id, channel: 'mail', now });
  await queueInvited(host, trx, { invitation: { ...invitation, expiresAt }, token, now });
  const entry = { at: now, actor: 'stranger', from, action: 'invitation.renewed', subject: id, detail: { number, expiresAt } } as const;
  await recordAudit(trx, entry, host.random);
}

type Telling = Asked & { readonly isRenewed: boolean; readonly from: Origin };

async function tell(host: InvitationHost, trx: Transaction, { invitation, isRenewed, from, now }: Telling): Promise<void> {
  const news = isRenewed ? ({ notice: 'link_renewed', name: invitation.addressee?.email } as const) : ({ notice: 'link_wanted' } as const);
  await tellInviter(host, trx, { invitation, ...news, now });
  const entry = { at: now, actor: 'stranger', from, action: 'invitation.link_wanted', subject: invitation.id } as const;
  await recordAudit(trx, entry, host.random);
}

/**
 * Letting somebody in, inside a transaction that holds the invitation's lock and has decided: the redemption, the place,
 * what is new, the audit entry, the mail and the host's event, all of it or nothing. Called by `redeem.ts`, where a
 * person accepts, and by `approval.ts`, where somebody decides about one.
 */
import { type AuditAction, type Origin, recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import type { Grant } from '../group/group.ts';
import { grantLabel } from '../group/manage.ts';
import { addGrant } from '../group/membership-store.ts';
import type { Transaction } from '../lib/db.ts';
import { newId } from '../lib/random.ts';
import type { InvitationHost } from './host.ts';
import type { Invitation } from './invitation.ts';
import { queueJoined } from './mails.ts';
import { insertRedemption, takeKeptPlace, takePlace } from './redemption-store.ts';

export type Admission = {
  readonly invitation: Invitation;
  readonly accountId: string;
  readonly tokenId: string;
  readonly accountCreated: boolean;
  readonly newGrants: readonly Grant[];
  /** Of the mail. */
  readonly locale: string;
  readonly now: Date;
  /** The person themselves, or whoever approved. */
  readonly actor: string;
  readonly action: Extract<AuditAction, 'invitation.redeemed' | 'invitation.approved'>;
  readonly from: Origin | undefined;
};

/** Throws `invitation_used_up` if there is no place after all. */
export async function admit(host: InvitationHost, trx: Transaction, admission: Admission): Promise<void> {
  const { invitation, accountId, tokenId, accountCreated, newGrants, now, actor, action } = admission;
  const redemption = { invitationId: invitation.id, accountId, tokenId, redeemedAt: now, accountCreated };
  const taken =
    (await insertRedemption(trx, redemption)) &&
    (action === 'invitation.approved' ? await takeKeptPlace(trx, invitation.id) : await takePlace(trx, invitation.id, now));
  if (!taken) throw new Failure('invitation_used_up');
  for (const grant of newGrants) {
    await addGrant(trx, { id: newId(now, host.random), accountId, grant, invitationId: invitation.id, now });
  }
  const grants = newGrants.map(grantLabel);
  const detail = { accountId, tokenId, accountCreated, grants };
  await recordAudit(trx, { at: now, actor, from: admission.from, action, subject: invitation.id, detail }, host.random);
  await queueJoined(host, trx, admission);
  await host.events.redeemed?.({ invitationId: invitation.id, accountId, accountCreated, grants, redeemedAt: now }, trx);
}

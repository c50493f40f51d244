/** A mail that an inviter sent off and that nobody gets: they are told, wherever mail is sent from. */
import type { Transaction } from '../lib/db.ts';
import type { GivenUp } from '../mail/deliver.ts';
import { type MailHost, tellInviter } from './mails.ts';
import { findInvitation } from './store.ts';

/** What the inviter sent off; not what strangers can have sent, nor the mail that tells this. */
const ofInviters: readonly string[] = ['invited', 'reminder'];

export async function tellOfFailure(host: MailHost, trx: Transaction, { kind, to, invitationId, now }: GivenUp): Promise<void> {
  const invitation = invitationId !== null && ofInviters.includes(kind) ? await findInvitation(trx, invitationId) : undefined;
  if (invitation && !invitation.revokedAt) await tellInviter(host, trx, { invitation, notice: 'mail_failed', name: to, now });
}

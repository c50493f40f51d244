/** An invitation in plain lines: what a person asks about one that is out. */
import type { EmailRule } from '../invitation/invitation.ts';
import type { InvitationSummary } from '../invitation/summary.ts';

export function summaryLine({ id, state, usedCount, maxUses, grants, label }: InvitationSummary): string {
  return `${id}  ${state.padEnd(11)}  ${usedCount}/${maxUses}  ${grants.join(' ')}  ${label}`.trimEnd();
}

/** What a list has no room for. */
export type Facts = InvitationSummary & {
  /** Nobody can use it before a second person has confirmed it. */
  readonly awaitsConfirmation: boolean;
  /** The inviter's account; undefined: the operator's. */
  readonly inviterEmail: string | undefined;
};

const others: Readonly<Record<EmailRule, string>> = {
  exact: 'nobody else',
  verify: 'others prove that mailbox',
  any: 'others may accept as well',
};

export function factLines(facts: Facts): string[] {
  const { id, startsAt, expiresAt, inviterId, inviterEmail, email, emailRule, domains, acr, approval, hasPin, awaitsConfirmation } = facts;
  return [
    summaryLine(facts),
    ...(startsAt ? [`From ${startsAt.toISOString()}`] : []),
    `Until ${expiresAt.toISOString()}`,
    ...(inviterId === undefined ? [] : [`By ${inviterEmail ?? inviterId}`]),
    ...(email === undefined || emailRule === undefined ? [] : [`For ${email}: ${others[emailRule]} (${emailRule})`]),
    ...(domains.length > 0 ? [`Only for mailboxes in ${domains.join(' ')}`] : []),
    ...(acr === undefined ? [] : [`Needs a sign-in of ${acr}`]),
    ...(hasPin ? ['Needs its PIN'] : []),
    ...(approval ? ['Somebody decides about each who accepts'] : []),
    ...(awaitsConfirmation ? [confirmingLine(id)] : []),
  ];
}

export function confirmingLine(id: string): string {
  return `Nobody can use it before somebody else confirms it: guestlist invitation confirm ${id} --as <email>`;
}

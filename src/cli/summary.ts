/** An invitation in plain lines: what a person asks about one that is out. */
import type { Client, Output } from '../admin/http-client.ts';
import type { EmailRule } from '../invitation/invitation.ts';
import { emailOf } from './names.ts';

export type Shown = Output<'getInvitation'>;

type Line = Pick<Shown, 'id' | 'state' | 'usedCount' | 'maxUses' | 'grants' | 'label'>;

export function summaryLine({ id, state, usedCount, maxUses, grants, label }: Line): string {
  return `${id}  ${state.padEnd(11)}  ${usedCount}/${maxUses}  ${grants.join(' ')}  ${label}`.trimEnd();
}

/** What a list has no room for. */
export type Facts = Shown & {
  /** The inviter's account; undefined: the operator's, or not ours to know. */
  readonly inviterEmail: string | undefined;
};

export async function factsOf(api: Client, shown: Shown): Promise<Facts> {
  return { ...shown, inviterEmail: shown.inviterId === null ? undefined : await emailOf(api, shown.inviterId) };
}

const others: Readonly<Record<EmailRule, string>> = {
  exact: 'nobody else',
  verify: 'others prove that mailbox',
  any: 'others may accept as well',
};

export function factLines(facts: Facts): string[] {
  const { id, startsAt, expiresAt, inviterId, inviterEmail, email, emailRule, domains, acr, approval, hasPin, awaitsConfirmation } = facts;
  return [
    summaryLine(facts),
    ...(startsAt === null ? [] : [`From ${startsAt}`]),
    `Until ${expiresAt}`,
    ...(inviterId === null ? [] : [`By ${inviterEmail ?? inviterId}`]),
    ...(email === null || emailRule === null ? [] : [`For ${email}: ${others[emailRule]} (${emailRule})`]),
    ...(domains.length > 0 ? [`Only for mailboxes in ${domains.join(' ')}`] : []),
    ...(acr === null ? [] : [`Needs a sign-in of ${acr}`]),
    ...(hasPin ? ['Needs its PIN'] : []),
    ...(approval ? ['Somebody decides about each who accepts'] : []),
    ...(awaitsConfirmation ? [confirmingLine(id)] : []),
  ];
}

export function pinLine(pin: string): string {
  return `PIN: ${pin} (tell it by other means; it is not shown again)`;
}

export function confirmingLine(id: string): string {
  return `Nobody can use it before somebody else confirms it: guestlist invitation confirm ${id} --as <email>`;
}

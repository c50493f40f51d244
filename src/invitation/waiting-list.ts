/**
 * Invitations that wait for somebody who has not opened their mail (design §4J): addressed to a mailbox that the account
 * has proven. Whoever is shown one may accept it without the mail, for the mailbox is proven already.
 */
import type { InvitationHost } from './host.ts';
import { decide, type Invitation } from './invitation.ts';
import { emailsOf, personOf, standingOf } from './facts.ts';
import { withHolds } from './hold-store.ts';
import { listAddressed, listShown } from './waiting-store.ts';

export const waitingReason = 'invitations_waiting';

/** What this account could accept now, the newest first. PINs and sign-in strength are asked for on the way. */
export async function waitingFor(host: InvitationHost, accountId: string): Promise<Invitation[]> {
  const { database } = host;
  const now = host.clock();
  const known = await host.person(accountId, database);
  if (!known || known.disabled) return [];
  const keys = emailsOf(known).flatMap(({ key, verified }) => (verified ? [key] : []));
  if (keys.length === 0) return [];
  const open: Invitation[] = [];
  for (const addressed of await listAddressed(database, keys, now)) {
    const invitation = await withHolds(database, addressed, { visitId: '', accountId, now });
    const person = await personOf(host, database, { accountId, invitationId: invitation.id, acr: invitation.requiredAcr, now });
    const standing = await standingOf(host, database, { invitation: { ...invitation, pinSetAt: undefined }, now });
    const approach = { channel: 'account', superseded: false, pinPassedAt: undefined, pinLock: undefined, provenKey: undefined } as const;
    if (['join', 'ask'].includes(decide({ ...standing, approach }, person, now).outcome)) open.push(invitation);
  }
  return open;
}

/** Those that this account was never shown. */
export async function unseenWaiting(host: InvitationHost, accountId: string): Promise<Invitation[]> {
  const waiting = await waitingFor(host, accountId);
  if (waiting.length === 0) return waiting;
  const shown = await listShown(host.database, accountId);
  return waiting.filter(({ id }) => !shown.includes(id));
}

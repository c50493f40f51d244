/**
 * Undoing a link (design §4L): what was given through it is listed, and taken back from all or some. What other links or
 * people gave stays, and nobody whose things were taken back returns by a link that is out already.
 */
import { recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { endGiven, findGiven, lockHoldings } from '../group/membership-store.ts';
import { inTransaction } from '../lib/db.ts';
import { requireMayInvite } from './facts.ts';
import type { InvitationHost } from './host.ts';
import type { Deed } from './deed.ts';
import { findInvitation, lockInvitation } from './store.ts';

/** `choir:member`, or the name of a right. */
export type Given = { readonly accountId: string; readonly grants: readonly string[] };

/** What is still there of what an invitation gave. Throws `invitation_not_found`. */
export async function givenThrough({ database, clock }: InvitationHost, id: string): Promise<Given[]> {
  if (!(await findInvitation(database, id))) throw new Failure('invitation_not_found');
  return findGiven(database, id, clock());
}

/** Of these accounts, or of all. Returns what was taken back. Throws `invitation_not_found`, `grant_not_allowed`. */
export async function undo(
  host: InvitationHost,
  id: string,
  { actor, from, accountIds }: Deed & { readonly accountIds?: readonly string[] | undefined },
): Promise<Given[]> {
  return inTransaction(host.database, async (trx) => {
    const invitation = await lockInvitation(trx, id);
    if (!invitation) throw new Failure('invitation_not_found');
    const now = host.clock();
    await requireMayInvite(host, trx, { actor, grants: invitation.grants, now });
    const given = (await findGiven(trx, id, now)).filter(({ accountId }) => accountIds?.includes(accountId) ?? true);
    for (const { accountId, grants } of given) {
      await lockHoldings(trx, accountId);
      await endGiven(trx, { invitationId: id, accountId, now, by: actor });
      await host.events.withdrawn?.({ accountId, grants }, trx);
    }
    if (given.length > 0)
      await recordAudit(trx, { at: now, actor, from, action: 'invitation.undone', subject: id, detail: { given } }, host.random);
    return given;
  });
}

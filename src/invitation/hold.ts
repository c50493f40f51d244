/**
 * A place that is kept for the minutes a registration takes, for hosts that make accounts themselves and cannot do it
 * inside the redemption. It counts like a used place for everybody else, and lapses by time alone. One visit holds one
 * place at most, however often it asks.
 */
import { Failure } from '../errors.ts';
import { addSeconds } from '../lib/clock.ts';
import { inTransaction } from '../lib/db.ts';
import type { InvitationHost } from './host.ts';
import { standingOf } from './facts.ts';
import { upsertHold, withHolds } from './hold-store.ts';
import { stateOf } from './invitation.ts';
import { lockInvitation } from './store.ts';
import type { Visit } from './visit.ts';

const holdSeconds = 15 * 60;

/** Until when. Throws what the invitation refuses, and `invitation_required` for a visit that is over. */
export async function holdPlace(host: InvitationHost, visit: Visit): Promise<Date> {
  return inTransaction(host.database, async (trx) => {
    const locked = await lockInvitation(trx, visit.invitation.id);
    if (!locked) throw new Failure('invitation_not_found');
    const now = host.clock();
    if (now >= visit.expiresAt) throw new Failure('invitation_required');
    const state = stateOf(await standingOf(host, trx, { invitation: await withHolds(trx, locked, { visitId: visit.id, now }), now }), now);
    if (state !== 'open') throw new Failure(`invitation_${state}`);
    const expiresAt = addSeconds(now, holdSeconds);
    await upsertHold(trx, { visitId: visit.id, invitationId: locked.id, expiresAt });
    return expiresAt;
  });
}

/** Invitations with PINs and people who try them, on a real database, with a clock that tests can move. */
import { hashPin, checkPin, type PinHost } from '../../src/invitation/pin.ts';
import { findVisitById } from '../../src/invitation/visit-store.ts';
import type { Visit } from '../../src/invitation/visit.ts';
import type { Failure } from '../../src/errors.ts';
import { addSeconds } from '../../src/lib/clock.ts';
import { type Database, execute, rows } from '../../src/lib/db.ts';
import { sha256 } from '../../src/lib/digest.ts';
import { newId, secureRandom } from '../../src/lib/random.ts';
import { createSlowHash } from '../../src/lib/slow-hash.ts';
import { createThrottle } from '../../src/lib/throttle.ts';

export const rightPin = 'QX7RZW2K';
export const pepper = Buffer.from('thirty-two bytes of good pepper!');
/** A documentation address, RFC 5737. */
export const place = '192.0.2.7';

type Channel = Visit['channel'];

export type PinSetting = {
  readonly host: PinHost;
  /** PINs that were really looked at. */
  readonly evaluated: string[];
  /** What the inviter was told: invitation and notice. */
  readonly told: { readonly id: string; readonly notice: string }[];
  pass(seconds: number): void;
  /** The id of an invitation with this PIN, or with none. */
  invite(pin?: string): Promise<string>;
  setPin(invitationId: string, pin: string): Promise<void>;
  visit(invitationId: string, channel?: Channel): Promise<Visit>;
  /** `passed`, or the failure. */
  attempt(visit: Visit, pin: string, ip?: string): Promise<'passed' | Failure>;
  tries(invitationId: string): Promise<Record<string, unknown>[]>;
  audit(invitationId: string): Promise<Record<string, unknown>[]>;
};

export async function createPinSetting(database: Database, { perPlace = 10_000 } = {}): Promise<PinSetting> {
  let offsetMs = 0;
  const clock = () => new Date(Date.now() + offsetMs);
  const hashes = await createSlowHash({ pepper });
  const evaluated: string[] = [];
  const told: { id: string; notice: string }[] = [];
  const host: PinHost = {
    database,
    clock,
    random: secureRandom,
    wrongPins: createThrottle(database, { name: newId(clock(), secureRandom), points: perPlace, perSeconds: 3_600 }),
    hashes: async () => ({
      ...hashes,
      async verify(stored, text) {
        evaluated.push(text);
        return hashes.verify(stored, text);
      },
    }),
    async tellInviter(trx, { invitation, notice, now }) {
      // Whatever the owner writes is written in the same transaction.
      await execute(trx, 'update guestlist.invitation set label = :notice where id = :id and expires_at > :now', {
        id: invitation.id,
        notice,
        now,
      });
      told.push({ id: invitation.id, notice });
    },
  };
  const setPin = async (id: string, pin: string) => {
    const hash = await hashPin(hashes, { invitationId: id, pin });
    await execute(database, 'update guestlist.invitation set pin_hash = :hash, pin_set_at = :now where id = :id', {
      id,
      hash,
      now: clock(),
    });
  };
  return {
    host,
    evaluated,
    told,
    setPin,
    pass(seconds) {
      offsetMs += seconds * 1000;
    },
    async invite(pin) {
      const id = newId(clock(), secureRandom);
      const sql = `insert into guestlist.invitation (id, max_uses, created_at, expires_at) values (:id, 1000, :now, :later)`;
      await execute(database, sql, { id, now: clock(), later: addSeconds(clock(), 90 * 24 * 3_600) });
      if (pin !== undefined) await setPin(id, pin);
      return id;
    },
    async visit(invitationId, channel = 'link') {
      const now = clock();
      const tokenId = newId(now, secureRandom);
      await execute(
        database,
        `insert into guestlist.invitation_token (id, invitation_id, channel, digest, created_at)
          values (:tokenId, :invitationId, :channel, :digest, :now)`,
        { tokenId, invitationId, channel: channel === 'link' ? 'link' : 'mail', digest: sha256(tokenId), now },
      );
      const id = newId(now, secureRandom);
      await execute(
        database,
        `insert into guestlist.visit (id, handle_digest, token_id, channel, created_at, expires_at)
          values (:id, :digest, :tokenId, :channel, :now, :later)`,
        { id, digest: sha256(id), tokenId, channel, now, later: addSeconds(now, 90 * 24 * 3_600) },
      );
      const visit = await findVisitById(database, id);
      if (!visit) throw new Error('the visit is not there');
      return visit;
    },
    async attempt(visit, pin, ip = place) {
      try {
        await checkPin(host, { visit, pin, ip, requestId: 'request-1' });
        return 'passed';
      } catch (error) {
        // By name: a second copy of the code has a class of its own.
        if (error instanceof Error && error.name === 'Failure') return error as Failure;
        throw error;
      }
    },
    tries: (id) => rows(database, 'select * from guestlist.pin_try where invitation_id = :id order by tried_at, id', { id }),
    audit: (id) => rows(database, 'select * from guestlist.audit_event where subject = :id order by id', { id }),
  };
}

/** How many of each: `passed`, or the failure's code. */
export function tally(outcomes: readonly ('passed' | Failure)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) {
    const name = outcome === 'passed' ? outcome : outcome.code;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

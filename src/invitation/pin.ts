/**
 * The PIN of an invitation. Owns what may be one, how many wrong ones are too many, and the trying of one. Does not own
 * setting it (`issue.ts`, `change.ts`) nor what follows from it (`invitation.ts`: the rule asks `pinLockOf`).
 *
 * However many try at once, no more are judged than may be wrong. A try first takes one of those that are left, under
 * the invitation's row lock; it is judged outside of any transaction; then what came out is noted under the lock again.
 * A right one gives its place back, so that a crowd who know the PIN passes, a few at a time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LimitFunction } from 'p-limit';
import { z } from 'zod';
import { recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { addSeconds } from '../lib/clock.ts';
import { inTransaction, type Queryable, type Transaction } from '../lib/db.ts';
import { newId, type Random } from '../lib/random.ts';
import type { SlowHash } from '../lib/slow-hash.ts';
import { addressBlock } from '../lib/throttle.ts';
import type { InvitationHost } from './host.ts';
import type { Channel, Invitation } from './invitation.ts';
import {
  deleteTry,
  giveUpTries,
  insertTry,
  listTries,
  lockPin,
  markPinPassed,
  markRight,
  markWrong,
  type StoredPin,
  type TryCount,
} from './pin-store.ts';
import type { Visit } from './visit.ts';

/** What a person typed, as it is compared: upper case, without spaces and dashes. Undefined: no PIN looks like that. */
export function readPin(text: string): string | undefined {
  const plain = text.length > 100 ? '' : text.replace(/[\s\p{Pd}]/gu, '');
  return /^[A-Za-z0-9]{4,12}$/.test(plain) ? plain.toUpperCase() : undefined;
}

/** One that an inviter sets. */
export const pinSchema = z
  .string()
  .transform(readPin)
  .pipe(z.string('must have 4 to 12 letters or digits'))
  .refine((pin) => !isEasilyGuessed(pin), 'must not be a run, nor one or two characters repeated');

const runs = ['0123456789', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].flatMap((all) => [all, [...all].reverse().join('')]);

function isEasilyGuessed(pin: string): boolean {
  return /^(.)(.)(\1\2)*\1?$/.test(pin) || runs.some((run) => run.repeat(3).includes(pin));
}

/** Six digits, each PIN as likely as any other. */
export function generatePin(random: Random): string {
  for (;;) {
    const number = random(4).readUInt32BE();
    const pin = String(number % 1_000_000).padStart(6, '0');
    if (number < 4_294_000_000 && pinSchema.safeParse(pin).success) return pin;
  }
}

/** Bound to its invitation: the same PIN elsewhere has nothing in common with it. */
export async function hashPin(
  hashes: SlowHash,
  { invitationId, pin }: { readonly invitationId: string; readonly pin: string },
): Promise<string> {
  return hashes.hash(bound(invitationId, pin));
}

function bound(invitationId: string, pin: string): string {
  return `${invitationId}:${pin}`;
}

const triesPerLock = 5;
const lockSeconds = [15 * 60, 30 * 60, 60 * 60];
const triesInAll = triesPerLock * (lockSeconds.length + 1);

export type PinState =
  /** So many wrong ones until the next lock. */
  | { readonly state: 'open'; readonly triesLeft: number }
  | { readonly state: 'locked'; readonly until: Date }
  /** Until the inviter sets another. */
  | { readonly state: 'revoked' };

/** Failures in the order of time. The fifth, tenth and fifteenth lock, each for twice as long; the twentieth is the last. */
export function pinStateOf(failures: readonly Date[], now: Date): PinState {
  if (failures.length >= triesInAll) return { state: 'revoked' };
  const until = lockSeconds.reduce((latest, seconds, index) => {
    const lockedAt = failures[(index + 1) * triesPerLock - 1];
    return lockedAt ? Math.max(latest, addSeconds(lockedAt, seconds).getTime()) : latest;
  }, 0);
  if (now.getTime() < until) return { state: 'locked', until: new Date(until) };
  return { state: 'open', triesLeft: triesPerLock - (failures.length % triesPerLock) };
}

type Asked = { readonly invitation: Pick<Invitation, 'id' | 'pinSetAt'>; readonly channel: Channel; readonly now: Date };

/** For the page. An invitation without a PIN is open. */
export async function pinStandingOf(db: Queryable, { invitation, channel, now }: Asked): Promise<PinState> {
  if (!invitation.pinSetAt) return pinStateOf([], now);
  const tries = await listTries(db, countOf(invitation.id, channel, invitation.pinSetAt));
  return pinStateOf(failuresOf(tries, now), now);
}

/** For the rule. Undefined: one may try; `until: undefined`: not before the inviter acts. */
export async function pinLockOf(db: Queryable, asked: Asked): Promise<{ until: Date | undefined } | undefined> {
  const standing = await pinStandingOf(db, asked);
  if (standing.state === 'open') return undefined;
  return { until: standing.state === 'locked' ? standing.until : undefined };
}

/** Whoever uses up the tries of a link that went astray does not lock out the person who got the mail. */
function countOf(invitationId: string, channel: Channel, since: Date): TryCount {
  return { invitationId, channel: channel === 'link' ? 'link' : 'mail', since };
}

/** What takes longer than this is not judged by anybody any more: the process died. */
const judgingSeconds = 30;

function failuresOf(tries: readonly { readonly triedAt: Date; readonly isJudged: boolean }[], now: Date): Date[] {
  const givenUpAt = addSeconds(now, -judgingSeconds);
  return tries.filter(({ triedAt, isJudged }) => isJudged || triedAt <= givenUpAt).map(({ triedAt }) => triedAt);
}

export type PinHost = Pick<InvitationHost, 'database' | 'clock' | 'random' | 'hashes' | 'wrongPins'> & {
  /** Queues the mail. There may be nobody to tell: the operator's invitations have no inviter. */
  readonly tellInviter: (
    trx: Transaction,
    news: { readonly invitation: Invitation; readonly notice: 'pin_locked' | 'pin_revoked'; readonly now: Date },
  ) => Promise<void>;
};

export type PinAttempt = {
  readonly visit: Pick<Visit, 'id' | 'channel' | 'invitation'>;
  /** As `readPin` gives it. */
  readonly pin: string;
  readonly ip: string;
  readonly requestId?: string | undefined;
};

/**
 * The visit remembers a right PIN. Throws `pin_wrong` with `triesLeft`; `pin_locked` with the seconds to wait, or with
 * none until the inviter acts; `too_many_requests` for wrong ones from one place; `too_busy`.
 */
export async function checkPin(host: PinHost, attempt: PinAttempt): Promise<void> {
  const { invitation, channel } = attempt.visit;
  const giveUpAt = addSeconds(host.clock(), patienceSeconds);
  const refusal = await inLine(`${invitation.id} ${channel}`, async () => {
    const turn = await takeTurn(host, attempt, giveUpAt);
    if (!turn || turn instanceof Failure) return turn;
    return conclude(host, attempt, { ...turn, isRight: await isRight(host, attempt, turn) });
  });
  if (refusal) throw refusal;
}

const patienceSeconds = 15;
const longestLine = 500;

/** Where a crowd waits in this process, first come first served. What holds over all processes is in the database. */
const lines = new Map<string, LimitFunction>();

async function inLine<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
  const { default: pLimit } = await import('p-limit');
  const line = lines.get(key) ?? pLimit(triesPerLock);
  if (line.pendingCount >= longestLine) throw new Failure('too_busy', {}, 5);
  lines.set(key, line);
  try {
    return await line(work);
  } finally {
    if (line.activeCount + line.pendingCount === 0) lines.delete(key);
  }
}

type Turn = { readonly tryId: string; readonly hash: string };

/** Undefined: there is no PIN. While all tries that are left are being judged, it waits. */
async function takeTurn(host: PinHost, attempt: PinAttempt, giveUpAt: Date): Promise<Turn | Failure | undefined> {
  while (host.clock() < giveUpAt) {
    const turn = await reserve(host, attempt);
    if (turn !== 'all_taken') return turn;
    await sleep(20 + host.random(1).readUInt8() / 4);
  }
  return new Failure('too_busy', {}, 2);
}

/** A failure is returned, not thrown: what it tells was counted in this transaction. */
async function reserve(host: PinHost, attempt: PinAttempt): Promise<Turn | Failure | 'all_taken' | undefined> {
  const { visit, ip } = attempt;
  return inTransaction(host.database, async (trx) => {
    const pin = await lockPin(trx, visit.invitation.id);
    if (!pin) return undefined;
    const now = nowOf(host, pin);
    const { standing, unjudged } = await takeStock(trx, host, { attempt, pin, now });
    if (standing.state !== 'open') return refusalOf(standing, now);
    if (unjudged >= standing.triesLeft) return 'all_taken';
    const tryId = newId(now, host.random);
    const { invitationId, channel } = countOf(visit.invitation.id, visit.channel, pin.setAt);
    await insertTry(trx, { id: tryId, invitationId, channel, addressBlock: addressBlock(ip), triedAt: now });
    return { tryId, hash: pin.hash };
  });
}

/** Never before the PIN was set, though another machine's clock may have said when: such a try would not count. */
function nowOf(host: PinHost, pin: StoredPin): Date {
  return new Date(Math.max(host.clock().getTime(), pin.setAt.getTime()));
}

/** A try that could not be looked at has not happened. */
async function isRight(host: PinHost, { visit, pin, ip }: PinAttempt, { tryId, hash }: Turn): Promise<boolean> {
  try {
    await host.wrongPins.consume(addressBlock(ip));
    return await look(host, hash, bound(visit.invitation.id, pin));
  } catch (error) {
    await deleteTry(host.database, tryId);
    throw error;
  }
}

/** What a crowd types at the same moment is looked at once. */
const looks = new Map<string, Promise<boolean>>();

async function look(host: PinHost, hash: string, text: string): Promise<boolean> {
  const key = `${hash} ${text}`;
  const verify = async () => (await host.hashes()).verify(hash, text);
  const running = looks.get(key) ?? verify().finally(() => looks.delete(key));
  looks.set(key, running);
  return running;
}

/** Undefined: the person has passed. */
async function conclude(
  host: PinHost,
  attempt: PinAttempt,
  { tryId, hash, isRight }: Turn & { readonly isRight: boolean },
): Promise<Failure | undefined> {
  if (isRight) await host.wrongPins.giveBack(addressBlock(attempt.ip));
  return inTransaction(host.database, async (trx) => {
    const pin = await lockPin(trx, attempt.visit.invitation.id);
    if (!pin) return undefined;
    const now = nowOf(host, pin);
    // Of a PIN that was changed since, the try says nothing.
    const isCurrent = pin.hash === hash;
    if (isRight) await markRight(trx, tryId, now);
    if (isRight && isCurrent) return void (await markPinPassed(trx, attempt.visit.id, now));
    const isNew = !isRight && (await markWrong(trx, tryId, now));
    const { standing } = await takeStock(trx, host, { attempt, pin, now, added: isNew && isCurrent ? 1 : 0 });
    return refusalOf(standing, now);
  });
}

type Stock = {
  readonly attempt: PinAttempt;
  readonly pin: StoredPin;
  readonly now: Date;
  /** Wrong ones that the caller has just noted. */
  readonly added?: number;
};

/** Under the row lock: whoever adds the failure that locks tells so, and nobody else does. */
async function takeStock(trx: Transaction, host: PinHost, { attempt, pin, now, added = 0 }: Stock) {
  const count = countOf(attempt.visit.invitation.id, attempt.visit.channel, pin.setAt);
  const tries = await listTries(trx, count);
  const failures = failuresOf(tries, now);
  const isAnyGivenUp = failures.length > tries.filter(({ isJudged }) => isJudged).length;
  const givenUp = isAnyGivenUp ? await giveUpTries(trx, count, { before: addSeconds(now, -judgingSeconds), now }) : 0;
  const standing = pinStateOf(failures, now);
  if (added + givenUp > 0 && standing.state !== 'open') await tell(trx, host, { attempt, standing, now });
  return { standing, unjudged: tries.length - failures.length };
}

type Closed = Exclude<PinState, { state: 'open' }>;

async function tell(
  trx: Transaction,
  host: PinHost,
  { attempt, standing, now }: { readonly attempt: PinAttempt; readonly standing: Closed; readonly now: Date },
): Promise<void> {
  const { visit, ip, requestId } = attempt;
  const notice = standing.state === 'locked' ? 'pin_locked' : 'pin_revoked';
  const event = {
    at: now,
    actor: 'stranger',
    from: { ip, requestId },
    action: `invitation.${notice}`,
    subject: visit.invitation.id,
  } as const;
  await recordAudit(trx, event, host.random);
  await host.tellInviter(trx, { invitation: visit.invitation, notice, now });
}

function refusalOf(standing: PinState, now: Date): Failure {
  if (standing.state === 'open') return new Failure('pin_wrong', { triesLeft: standing.triesLeft });
  if (standing.state === 'revoked') return new Failure('pin_locked');
  return new Failure('pin_locked', {}, Math.ceil((standing.until.getTime() - now.getTime()) / 1000));
}

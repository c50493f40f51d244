/**
 * Giving queued mail to whoever sends it: claim, send outside of any transaction, mark (`claim.ts`). At least once: a
 * process that dies between sending and marking sends again, under the same message id. What cannot be sent is tried
 * again after growing pauses, for two days; what is refused for good is not.
 */
import { addSeconds, type Clock } from '../lib/clock.ts';
import { type Database, inTransaction, type Transaction } from '../lib/db.ts';
import type { Seal } from '../lib/seal.ts';
import { type Claim, claimMail, markFailed, markPostponed, markSent } from './claim.ts';
import { type Mail, openMail } from './outbox.ts';

/** `messageId`: `<id@host>`, the same each time that one mail is tried. */
export type OutgoingMail = Mail & { readonly messageId: string };

/**
 * Throws if the mail could not be handed over; it is then tried again later, or not if it is a `MailRefused`. What takes
 * longer than three minutes may be tried by another process meanwhile.
 */
export type SendMail = (mail: OutgoingMail) => Promise<unknown>;

/** The mail server will never take this mail: there is no use in trying again. The answer itself is the `cause`. */
export class MailRefused extends Error {
  /** Such as `550 5.1.1`: no words, which may hold an address. */
  readonly answer: string;

  constructor(answer: string, cause: unknown) {
    super(`the mail server refused the mail: ${answer}`, { cause });
    this.name = 'MailRefused';
    this.answer = answer;
  }
}

/** What came of one try, without address and words. */
export type Tried = {
  readonly id: string;
  readonly kind: string;
  readonly outcome: 'sent' | 'postponed' | 'failed' | 'cancelled';
  /** Why it was not sent: a code of the mail server's, the name of an error, or `recipient_budget`. */
  readonly answer?: string;
};

export type GivenUp = Pick<Claim, 'id' | 'kind' | 'to' | 'invitationId'> & { readonly now: Date };

export type Delivery = {
  readonly clock: Clock;
  /** Is given what `send` threw, and `SealBroken`. */
  readonly onError: (error: unknown) => void;
  /** Its host ends the message ids. */
  readonly issuer: string;
  /** Opens what carries a secret; without it, such mail fails. */
  readonly seal?: Seal | undefined;
  readonly onTried?: (tried: Tried) => void;
  /** Runs in the transaction that gives a mail up. */
  readonly onGivenUp?: (trx: Transaction, mail: GivenUp) => Promise<void>;
  /** Asked before each mail; the rest waits for another time. */
  readonly isEnough?: () => boolean;
};

/** Everything that is due. Returns how many were sent, and how many were not this time. */
export async function deliverMail(
  db: Database,
  send: SendMail,
  delivery: Delivery,
): Promise<{ readonly sent: number; readonly failed: number }> {
  const counts = { sent: 0, postponed: 0, failed: 0, cancelled: 0 };
  while (!delivery.isEnough?.()) {
    const outcome = await deliverOne(db, send, delivery);
    if (!outcome) break;
    counts[outcome] += 1;
  }
  return { sent: counts.sent, failed: counts.postponed + counts.failed };
}

/** The oldest that is due, or the one with this id. Undefined: it is not due, or with somebody else. */
export async function deliverOne(
  db: Database,
  send: SendMail,
  delivery: Delivery & { readonly id?: string },
): Promise<Tried['outcome'] | undefined> {
  const claim = await claimMail(db, { now: delivery.clock(), id: delivery.id });
  if (!claim) return undefined;
  const came = await settle(db, send, { ...delivery, claim });
  delivery.onTried?.({ id: claim.id, kind: claim.kind, ...came });
  return came.outcome;
}

/** The answer where the recipient has had enough mail (`budget.ts`). */
const overBudget = 'recipient_budget';

type Settling = Delivery & { readonly claim: NonNullable<Awaited<ReturnType<typeof claimMail>>> };

async function settle(db: Database, send: SendMail, { claim, ...delivery }: Settling): Promise<Pick<Tried, 'outcome' | 'answer'>> {
  if ('cancelled' in claim) return { outcome: 'cancelled' };
  if (claim.isOverBudget) return giveUp(db, { ...delivery, claim }, overBudget);
  return sendClaimed(db, send, { ...delivery, claim });
}

type Claimed = Delivery & { readonly claim: Claim };

async function sendClaimed(db: Database, send: SendMail, claimed: Claimed): Promise<Pick<Tried, 'outcome' | 'answer'>> {
  try {
    await send(outgoing(claimed));
  } catch (error) {
    claimed.onError(error);
    return postponeOrGiveUp(db, error, claimed);
  }
  await markSent(db, claimed.claim, claimed.clock());
  return { outcome: 'sent' };
}

function outgoing({ claim, issuer, seal }: Claimed): OutgoingMail {
  if (claim.sealed && !seal) throw new TypeError('secret: sending a mail that carries a token or a code needs this option');
  const { kind, to, subject, text, html, unsubscribeUrl } = openMail(claim, seal);
  const messageId = `<${claim.id}@${new URL(issuer).hostname}>`;
  return { kind, to, subject, text, html, messageId, ...(unsubscribeUrl === undefined ? {} : { unsubscribeUrl }) };
}

async function postponeOrGiveUp(db: Database, error: unknown, claimed: Claimed): Promise<Pick<Tried, 'outcome' | 'answer'>> {
  const { claim, clock } = claimed;
  const answer = answerOf(error);
  const minutes = error instanceof MailRefused ? undefined : pauseMinutes(claim.attempts);
  if (minutes !== undefined) {
    await markPostponed(db, claim, addSeconds(clock(), minutes * 60));
    return { outcome: 'postponed', answer };
  }
  return giveUp(db, claimed, answer);
}

async function giveUp(db: Database, { claim, clock, onGivenUp }: Claimed, answer: string): Promise<Pick<Tried, 'outcome' | 'answer'>> {
  const now = clock();
  await inTransaction(db, async (trx) => {
    if (await markFailed(trx, claim, { now, answer })) await onGivenUp?.(trx, { ...claim, now });
  });
  return { outcome: 'failed', answer };
}

const longestPause = 6 * 60;
const longestInAll = 48 * 60;

/** 1, 4, 9 … minutes, six hours at most, two days in all. Undefined: it was tried long enough. */
export function pauseMinutes(attempts: number): number | undefined {
  let spent = 0;
  for (let before = 1; before < attempts; before += 1) spent += Math.min(before ** 2, longestPause);
  return spent < longestInAll ? Math.min(attempts ** 2, longestPause, longestInAll - spent) : undefined;
}

/** Whatever a host throws: a code or a name, never a sentence. */
function answerOf(error: unknown): string {
  if (error instanceof MailRefused) return error.answer;
  const { responseCode, originalCode, code, name } = (error ?? {}) as Readonly<Record<string, unknown>>;
  const known = [responseCode, originalCode, code, name].find((word) => /^\w{1,40}$/.test(String(word ?? '')));
  return known === undefined ? 'unknown' : String(known);
}

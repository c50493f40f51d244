/** What figures mean, wherever they are from: the database beside us, or a server elsewhere. */
import type { KeyState } from '../oidc/key-state.ts';
import type { Finding } from './doctor-check.ts';

const day = 24 * 60 * 60 * 1_000;

export type SigningKey = {
  readonly algorithm: string;
  readonly state: KeyState;
  readonly signsFrom: Date;
  readonly signsUntil: Date | null;
};

/** `rotationDays` 0: by hand. */
export function judgeKeys(
  keys: readonly SigningKey[],
  { rotationDays, now }: { readonly rotationDays: number; readonly now: Date },
): Finding {
  const name = 'keys';
  const signing = keys.filter(({ state }) => state === 'signing');
  const [oldest] = signing.toSorted((one, other) => one.signsFrom.getTime() - other.signsFrom.getTime());
  if (!oldest) return { name, status: 'fail', message: 'There is no key that signs.', advice: 'Start the server: it makes them.' };
  const age = Math.floor((now.getTime() - oldest.signsFrom.getTime()) / day);
  const told = `The oldest key that signs is ${age} days old (${oldest.algorithm})`;
  const advice = 'Rotate them: guestlist key rotate';
  if (rotationDays === 0)
    return age > 365
      ? { name, status: 'warn', message: `${told}, and they are rotated by hand.`, advice }
      : { name, status: 'ok', message: `${told}; they are rotated by hand.` };
  const next = new Date(oldest.signsUntil ?? oldest.signsFrom.getTime() + rotationDays * day);
  if (age > rotationDays + 3)
    return {
      name,
      status: 'warn',
      message: `${told}: its time was over after ${rotationDays}.`,
      advice: `See that a worker runs. ${advice}`,
    };
  return { name, status: 'ok', message: `${told}; the next one takes its place on ${next.toISOString().slice(0, 10)}.` };
}

export type Queue = {
  readonly waiting: number;
  /** Since when the oldest waits that should have gone. */
  readonly oldestDue: Date | undefined;
  /** Given up in the last seven days. */
  readonly failed: number;
};

export const failedSince = (now: Date) => new Date(now.getTime() - 7 * day);

/** Mail goes within seconds, and is looked for each minute. */
const lateMs = { warn: 10 * 60_000, fail: 60 * 60_000 };

export function judgeQueue({ waiting, oldestDue, failed }: Queue, now: Date): Finding[] {
  const lateBy = oldestDue ? now.getTime() - oldestDue.getTime() : 0;
  const minutes = Math.round(lateBy / 60_000);
  const status = lateBy > lateMs.fail ? 'fail' : lateBy > lateMs.warn ? 'warn' : 'ok';
  const name = 'mail queue';
  const queue: Finding =
    status === 'ok'
      ? { name, status, message: waiting === 0 ? 'No mail waits.' : `${waiting} mails wait, none for long.` }
      : {
          name,
          status,
          message: `${waiting} mails wait, the oldest for ${minutes} minutes.`,
          advice: 'See that a server or worker runs with SMTP_URL, and what it logs.',
        };
  const givenUp: Finding =
    failed === 0
      ? { name: 'given-up mail', status: 'ok', message: 'No mail was given up in the last seven days.' }
      : {
          name: 'given-up mail',
          status: 'warn',
          message: `${failed} mails were given up in the last seven days.`,
          advice: 'See why: guestlist mail list --state failed; then: guestlist mail retry <id>',
        };
  return [queue, givenUp];
}

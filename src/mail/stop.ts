/**
 * Links that stop mail with one click (RFC 8058): who holds one can stop, or start again, what its subject names, and
 * nothing else. Owns making and reading them; what a subject means is known to whoever mails about it, and asked in
 * `stop-store.ts`. Nothing is stored until somebody stops something: the link proves itself.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Reminders of one invitation, news about one account's memberships, requests to one group's organiser. */
export type StopSubject = `invitation:${string}` | `account:${string}` | `requests:${string}:${string}`;

/** Below the issuer: `/invite/stop/<subject>.<proof>`, both in base64url. The key is `stopKey` of the host. */
export function stopPath(key: Buffer, subject: StopSubject): string {
  return `/invite/stop/${Buffer.from(subject).toString('base64url')}.${proofOf(key, subject).toString('base64url')}`;
}

/** Undefined: it is none of ours. Never throws, whatever it is given. */
export function readStopHandle(key: Buffer, handle: unknown): StopSubject | undefined {
  if (typeof handle !== 'string' || handle.length > longestHandle) return undefined;
  const [, name = '', proof = ''] = /^([\w-]+)\.([\w-]{43})$/.exec(handle) ?? [];
  const subject = Buffer.from(name, 'base64url').toString();
  const given = Buffer.from(proof, 'base64url');
  const expected = proofOf(key, subject);
  return given.length === expected.length && timingSafeEqual(given, expected) ? (subject as StopSubject) : undefined;
}

/** Ids of accounts are the host's, of up to 255 characters. */
const longestHandle = 2_000;

function proofOf(key: Buffer, subject: string): Buffer {
  return createHmac('sha256', key).update(subject).digest();
}

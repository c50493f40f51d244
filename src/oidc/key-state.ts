/**
 * What a signing key does at an instant. Nothing is switched: a key's row says from when it signs, until when, and how
 * long it is published after that, and every process comes to the same answer by itself.
 *
 * | state      | in the JWKS | signs | for how long                                                        |
 * |------------|-------------|-------|---------------------------------------------------------------------|
 * | `waiting`  | yes         | no    | until every process and every app can know it: `waitSeconds`         |
 * | `signing`  | yes         | yes   | until the next key of its algorithm takes over, at the same instant  |
 * | `retiring` | yes         | no    | until nobody has anything to do with what it signed: `retireSeconds` |
 * | `retired`  | no          | no    | for good; its private part is thrown away                            |
 */
import { day, hour, idTokenSeconds, minute, sessionSeconds } from './lifetimes.ts';

export type KeySpan = {
  readonly signsFrom: Date;
  /** Undefined, both: no newer key takes its place yet. */
  readonly signsUntil: Date | undefined;
  readonly publishedUntil: Date | undefined;
};

export type KeyState = 'waiting' | 'signing' | 'retiring' | 'retired';

export function stateOfKey({ signsFrom, signsUntil, publishedUntil }: KeySpan, now: Date): KeyState {
  // First: a key that was ended at once never signs again, whatever else is in its row.
  if (publishedUntil && now >= publishedUntil) return 'retired';
  if (signsUntil && now >= signsUntil) return 'retiring';
  return now >= signsFrom ? 'signing' : 'waiting';
}

/** What our JWKS answers say in `max-age` (RFC 9111 §5.2.2.1); short, for the day when a key has to go at once. */
export const jwksCacheSeconds = 15 * minute;

/** A process looks for new keys that often; while it has requests to answer, it knows them before `noticeSeconds`. */
export const refreshSeconds = 30;
export const noticeSeconds = 60;

/** How long a process goes on with the keys that it knows while it cannot read them again. */
export const outageSeconds = 12 * hour;

/**
 * More than the slowest process and the cache of an app together. A day, because there are apps that look once a day,
 * whatever the answer says; the hour is for clocks that differ, and for processes that notice late.
 */
export const waitSeconds = Math.max(day, outageSeconds + jwksCacheSeconds) + hour;

/**
 * An ID token is over after an hour, but an app hands it back as `id_token_hint` for as long as somebody stays signed
 * in (OpenID Connect RP-Initiated Logout 1.0 §2). And a process that was cut off may have signed one later.
 */
export const retireSeconds = Math.max(idTokenSeconds, sessionSeconds) + outageSeconds + jwksCacheSeconds;

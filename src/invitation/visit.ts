/**
 * What a browser holds between opening a link and answering: an opaque handle in a cookie, tied to one token. The
 * visit's id travels in URLs and is worthless without the cookie. A GET may begin a visit; only a person's POST
 * continues one, and an answered one offers nothing any more.
 */
import type { Queryable } from '../lib/db.ts';
import { addSeconds } from '../lib/clock.ts';
import { sha256 } from '../lib/digest.ts';
import { newId, type Random } from '../lib/random.ts';
import type { Arrival } from './arrival.ts';
import type { Channel, Invitation } from './invitation.ts';
import { findVisit, insertVisit } from './visit-store.ts';

export type VisitAnswer = 'joined' | 'already_member' | 'declined' | 'awaiting_approval';

export type Visit = {
  readonly id: string;
  readonly tokenId: string;
  readonly channel: Channel;
  /** A newer mail took the place of the one that this browser came by. */
  readonly superseded: boolean;
  readonly pinPassedAt: Date | undefined;
  readonly expiresAt: Date;
  readonly continuedAt: Date | undefined;
  readonly answer: VisitAnswer | undefined;
  readonly accountId: string | undefined;
  readonly invitation: Invitation;
};

/** Long enough to register with care, short enough for a shared computer. */
export const visitLifetimeSeconds = 2 * 60 * 60;

/** 256 bits, base64url: what the cookie carries and the database does not. */
export type VisitHandle = string;

export async function beginVisit(
  db: Queryable,
  token: { readonly id: string; readonly channel: Channel },
  { now, random, arrival }: { readonly now: Date; readonly random: Random; readonly arrival?: Arrival | undefined },
): Promise<{ id: string; handle: VisitHandle }> {
  const handle = random(32).toString('base64url');
  const id = newId(now, random);
  await insertVisit(db, {
    id,
    handleDigest: sha256(handle),
    tokenId: token.id,
    channel: token.channel,
    createdAt: now,
    expiresAt: addSeconds(now, visitLifetimeSeconds),
    arrival,
  });
  return { id, handle };
}

/** The visit behind a cookie, or undefined: no cookie, a made-up one, or one that is over. */
export async function visitOf(db: Queryable, handle: unknown, now: Date): Promise<Visit | undefined> {
  if (typeof handle !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(handle)) return undefined;
  const visit = await findVisit(db, sha256(handle));
  return visit && now < visit.expiresAt ? visit : undefined;
}

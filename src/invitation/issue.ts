/** What an inviter can do: make an invitation, take it back. The token is in the answer once, and nowhere else. */
import { z } from 'zod';
import { recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { type GrantWish, resolveGrants } from '../group/manage.ts';
import { grantWishSchema, plainLine } from '../group/wish.ts';
import { checkArguments } from '../lib/arguments.ts';
import type { Clock } from '../lib/clock.ts';
import { type Database, inTransaction } from '../lib/db.ts';
import { newId, type Random } from '../lib/random.ts';
import { insertInvitation, insertToken, lockInvitation, markRevoked } from './store.ts';
import { mintToken, toCode, type Token, tokenDigest } from './token.ts';

export type InviteOptions = GrantWish & {
  /** Places, 1 to 1,000,000. Default 1. */
  readonly maxUses?: number;
  /** Default: at once. */
  readonly startsAt?: Date;
  readonly expiresAt: Date;
  /** For the inviter's own lists. */
  readonly label?: string;
  /** Shown to invitees. */
  readonly inviterName?: string;
  readonly inviterId?: string;
  /** The app the invitee is led to. */
  readonly landingClientId?: string;
};

export type IssuedInvitation = {
  readonly id: string;
  readonly token: Token;
  /** The same secret, to be typed. */
  readonly code: string;
  readonly expiresAt: Date;
  readonly maxUses: number;
};

export type IssueContext = { readonly clock: Clock; readonly random: Random };

export const placesSchema = z.int('must be a whole number').min(1, 'must be 1 or more').max(1_000_000, 'must be 1000000 or less');

const inviteSchema = grantWishSchema
  .extend({
    maxUses: placesSchema.optional(),
    startsAt: z.date('must be a date').optional(),
    expiresAt: z.date('must be a date'),
    label: plainLine(200).optional(),
    inviterName: plainLine(100).optional(),
    inviterId: z.string().optional(),
    landingClientId: z.string().optional(),
  })
  .refine(({ groups = [], rights = [] }) => groups.length + rights.length > 0, 'needs groups or rights: an invitation must give something');

/**
 * Throws `group_not_found` or `right_not_found`; then nothing is made. `TypeError` for what no invitation can be, such as
 * one that ends in the past.
 */
export async function invite(db: Database, options: InviteOptions, { clock, random }: IssueContext): Promise<IssuedInvitation> {
  checkArguments('invite', inviteSchema, options);
  refuseOddTimes(options, clock());
  return inTransaction(db, async (trx) => {
    const now = clock();
    const grants = await resolveGrants(trx, options);
    const id = newId(now, random);
    const token = mintToken(random);
    const { expiresAt, maxUses = 1, label = '' } = options;
    await insertInvitation(trx, {
      id,
      label,
      maxUses,
      startsAt: options.startsAt,
      expiresAt,
      grants,
      createdAt: now,
      inviterId: options.inviterId,
      inviterName: options.inviterName,
      landingClientId: options.landingClientId,
    });
    await insertToken(trx, { id: newId(now, random), invitationId: id, channel: 'link', digest: tokenDigest(token), createdAt: now });
    await recordAudit(
      trx,
      {
        at: now,
        actor: options.inviterId ?? 'operator',
        action: 'invitation.created',
        subject: id,
        detail: { groups: options.groups ?? [], rights: options.rights ?? [], maxUses, expiresAt },
      },
      random,
    );
    return { id, token, code: toCode(token), expiresAt, maxUses };
  });
}

function refuseOddTimes({ startsAt, expiresAt, ends }: InviteOptions, now: Date): void {
  if (expiresAt <= now) throw new TypeError('invite: expiresAt must be in the future');
  if (startsAt && startsAt >= expiresAt) throw new TypeError('invite: startsAt must be before expiresAt');
  // Else the last ones to accept would be given what is over already.
  if (ends && 'at' in ends && ends.at <= expiresAt) throw new TypeError('invite: ends.at must be after expiresAt');
}

/** Ends an invitation for good. False if it was revoked before; throws `invitation_not_found`. */
export async function revoke(
  db: Database,
  id: string,
  { clock, random, actor }: IssueContext & { readonly actor: string },
): Promise<boolean> {
  return inTransaction(db, async (trx) => {
    if (!(await lockInvitation(trx, id))) throw new Failure('invitation_not_found');
    const now = clock();
    const revoked = await markRevoked(trx, id, { now, by: actor });
    if (revoked) await recordAudit(trx, { at: now, actor, action: 'invitation.revoked', subject: id }, random);
    return revoked;
  });
}

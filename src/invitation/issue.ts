/** What an inviter can do: make an invitation, take it back. The token is in the answer once, and nowhere else. */
import { recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { type GrantWish, resolveGrants } from '../group/manage.ts';
import type { Clock } from '../lib/clock.ts';
import { type Database, inTransaction } from '../lib/db.ts';
import { newId, type Random } from '../lib/random.ts';
import { insertInvitation, insertToken, lockInvitation, markRevoked } from './store.ts';
import { mintToken, toCode, type Token, tokenDigest } from './token.ts';

export type InviteOptions = GrantWish & {
  /** Places, 1 to 1,000,000. Default 1. */
  readonly maxUses?: number;
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

/** Throws `group_not_found` or `right_not_found`; then nothing is made. */
export async function invite(db: Database, options: InviteOptions, { clock, random }: IssueContext): Promise<IssuedInvitation> {
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

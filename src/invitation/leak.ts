/**
 * Did a personal invitation, one for a single person, come into other hands? Owns noting what points to it, saying what
 * it adds up to, and telling the inviter, once. It notes facts, and little of them: no whole addresses, no names of
 * browsers, fifty openings at most, and nothing after ninety days. Nobody is refused anything because of it.
 *
 * A link is opened by previews and mail scanners too, and by the same person on a telephone: that it was opened is a
 * hint, which the report shows and for which nobody is mailed. Only what a person does can cause a mail: joining.
 * Neighbours: `attempt-store.ts` (SQL), `reissue.ts` (what to do about it), `pin.ts` (counts wrong PINs).
 */
import { recordAudit } from '../audit/audit.ts';
import { addSeconds } from '../lib/clock.ts';
import type { Queryable, Transaction } from '../lib/db.ts';
import { emailKey } from '../lib/email.ts';
import { newId } from '../lib/random.ts';
import { addressBlock } from '../lib/throttle.ts';
import {
  type Attempt,
  deleteAttempts,
  findOpening,
  insertAttempt,
  type LeakFilter,
  type LeakRow,
  listLeakRows,
  markLeakTold,
  wasLeakTold,
} from './attempt-store.ts';
import { emailsOf } from './facts.ts';
import type { InvitationHost } from './host.ts';
import type { Invitation } from './invitation.ts';
import { tellInviter } from './mails.ts';
import { findInvitation } from './store.ts';

export type Leak = {
  readonly invitationId: string;
  /** Whom it was given to: the inviter's own name for it, else the address, else undefined. */
  readonly givenTo: string | undefined;
  readonly inviterId: string | undefined;
  /** Who came in by it. */
  readonly accountId: string | undefined;
  readonly reasons: readonly LeakReason[];
  readonly facts: LeakFacts;
  /** What was noted, oldest first. */
  readonly attempts: readonly Attempt[];
  readonly revokedAt: Date | undefined;
  /** Id of the one that was made in its place. */
  readonly replacedBy: string | undefined;
};

/** Counts; of openings 50 at most. */
export type LeakFacts = {
  /** By different browsers: each opening of one that did not have it open already. */
  readonly browsers: number;
  readonly addressBlocks: number;
  readonly openedAfterUse: number;
  readonly pinFailures: number;
  readonly joinedAt: Date | undefined;
  /** Addressed to one mailbox, and accepted by somebody who has another. */
  readonly joinedByOtherAddress: boolean;
};

export type LeakReason = 'opened_after_use' | 'opened_by_many' | 'pin_failures' | 'joined_other_address';

const many = { browsers: 5, failures: 5 };

/** What of it is more than people do who have a telephone and a mail scanner; `listLeakRows` asks the same. */
function reasonsOf(facts: LeakFacts): LeakReason[] {
  const reasons: Readonly<Record<LeakReason, boolean>> = {
    opened_after_use: facts.openedAfterUse > 0,
    opened_by_many: facts.browsers >= many.browsers,
    pin_failures: facts.pinFailures >= many.failures,
    joined_other_address: facts.joinedByOtherAddress,
  };
  return (Object.keys(reasons) as LeakReason[]).filter((reason) => reasons[reason]);
}

/** Personal invitations that may have leaked, the newest first. Default: 1000 of them. */
export async function leaksOf(host: InvitationHost, { limit = 1_000, ...filter }: Partial<LeakFilter> = {}): Promise<Leak[]> {
  return (await listLeakRows(host.database, { ...filter, ...many, limit })).map(toLeak);
}

function toLeak(row: LeakRow): Leak {
  const attempts = row.attempts.map(({ kind, at, block, after }) => ({
    kind,
    at: new Date(at),
    addressBlock: block ?? undefined,
    afterUse: after,
  }));
  const facts = factsOf(attempts, row.pinFailures);
  return {
    invitationId: row.invitationId,
    givenTo: row.label || (row.email ?? undefined),
    inviterId: row.inviterId ?? undefined,
    accountId: row.accountId ?? undefined,
    reasons: reasonsOf(facts),
    facts,
    attempts,
    revokedAt: row.revokedAt ?? undefined,
    replacedBy: row.replacedBy ?? undefined,
  };
}

function factsOf(attempts: readonly Attempt[], pinFailures: number): LeakFacts {
  const openings = attempts.filter(({ kind }) => kind === 'opened');
  const joined = attempts.find(({ kind }) => kind !== 'opened');
  return {
    browsers: openings.length,
    addressBlocks: new Set(openings.flatMap(({ addressBlock: block }) => block ?? [])).size,
    openedAfterUse: openings.filter(({ afterUse }) => afterUse).length,
    pinFailures,
    joinedAt: joined?.at,
    joinedByOtherAddress: attempts.some(({ kind }) => kind === 'joined_other_address'),
  };
}

export type LinkOpening = {
  readonly tokenId: string;
  readonly ip: string | undefined;
  /** Who is signed in there: the person who joined by it comes back as often as they like. */
  readonly accountId: string | undefined;
};

/** A browser that did not have it open has opened a link. */
export async function noteOpening(host: InvitationHost, { tokenId, ip, accountId }: LinkOpening): Promise<void> {
  const opening = await findOpening(host.database, tokenId);
  if (opening?.maxUses !== 1 || (accountId !== undefined && accountId === opening.redeemerId)) return;
  const { invitationId, isUsed } = opening;
  await note(host, host.database, { invitationId, kind: 'opened', ip, afterUse: isUsed });
}

export type Arrival = {
  readonly invitation: Invitation;
  readonly accountId: string;
  readonly ip: string | undefined;
  readonly isProven: boolean;
};

/** Somebody has joined, or asked to, by a personal one. `isProven`: they typed a code from the invited mailbox. */
export async function noteArrival(host: InvitationHost, trx: Transaction, { invitation, accountId, ip, isProven }: Arrival): Promise<void> {
  if (invitation.maxUses !== 1) return;
  const isOther = !isProven && (await hasOtherAddress(host, trx, { invitation, accountId }));
  await note(host, trx, { invitationId: invitation.id, kind: isOther ? 'joined_other_address' : 'joined', ip, afterUse: false });
  await tellOnce(host, trx, invitation.id);
}

/** A host whose accounts are elsewhere may not know a new one yet: then nothing is said. */
async function hasOtherAddress(
  host: InvitationHost,
  trx: Transaction,
  { invitation: { addressee }, accountId }: Pick<Arrival, 'invitation' | 'accountId'>,
): Promise<boolean> {
  if (!addressee) return false;
  const person = await host.person(accountId, trx);
  return person !== undefined && !emailsOf(person).some(({ key }) => key === emailKey(addressee.email));
}

type Noted = Pick<Attempt, 'kind' | 'afterUse'> & { readonly invitationId: string; readonly ip: string | undefined };

async function note(host: InvitationHost, db: Queryable, { ip, ...attempt }: Noted): Promise<void> {
  const at = host.clock();
  await insertAttempt(db, { ...attempt, at, id: newId(at, host.random), addressBlock: ip ? blockOf(ip) : undefined });
}

/** Of IPv4 the /24: enough to tell places apart, and nobody's whole address. */
function blockOf(ip: string): string {
  return addressBlock(ip).replace(/^(\d+\.\d+\.\d+)\.\d+$/, '$1.0/24');
}

/** The first time that there is a reason to. */
async function tellOnce(host: InvitationHost, trx: Transaction, invitationId: string): Promise<void> {
  if (await wasLeakTold(trx, invitationId)) return;
  const [row] = await listLeakRows(trx, { invitationIds: [invitationId], ...many, limit: 1 });
  const reasons = row ? toLeak(row).reasons : [];
  const now = host.clock();
  if (reasons.length === 0 || !(await markLeakTold(trx, invitationId, now))) return;
  const invitation = await findInvitation(trx, invitationId);
  if (!invitation) return;
  const entry = { at: now, actor: 'stranger', action: 'invitation.leak_suspected', subject: invitationId, detail: { reasons } } as const;
  await recordAudit(trx, entry, host.random);
  await tellInviter(host, trx, { invitation, notice: 'leak_suspected', now });
}

const keptSeconds = 90 * 24 * 60 * 60;

/** What is too old to do anything about. */
export async function forgetAttempts(db: Queryable, now: Date): Promise<number> {
  return deleteAttempts(db, { until: addSeconds(now, -keptSeconds) });
}

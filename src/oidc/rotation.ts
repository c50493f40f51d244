/**
 * Changing the keys that sign tokens: by themselves after so many days, or because the operator says so. Owns making the
 * next key and saying when each begins and ends, for all processes at once and one at a time; what follows from that is
 * in `key-state.ts`, and happens in each process by the clock.
 */
import { type AuditEvent, type Origin, recordAudit } from '../audit/audit.ts';
import { signingAlgorithms } from '../client/client.ts';
import { addSeconds } from '../lib/clock.ts';
import { type Database, inTransaction, type Transaction } from '../lib/db.ts';
import { type KeyState, retireSeconds, stateOfKey, waitSeconds } from './key-state.ts';
import {
  endKey,
  endKeysAtOnce,
  findNewestKey,
  forgetRetiredKeys,
  insertKey,
  listSigningKeys,
  lockKeys,
  type SigningKey,
} from './key-store.ts';
import { type KeyArguments, makeKey, readKeys } from './keys.ts';
import { day } from './lifetimes.ts';

export type RotationWish = {
  /** Default: all. */
  readonly algorithms?: readonly string[] | undefined;
  /** Because of a compromise: the new key signs now, and what the old ones signed is worth nothing. Default: false. */
  readonly atOnce?: boolean;
};

export type Rotation = {
  readonly algorithm: string;
  readonly id: string;
  readonly signsFrom: Date;
  /** False: it was waiting already, and no other was made. */
  readonly isNew: boolean;
};

/** While a key of an algorithm waits, there is no second one, unless at once. Throws `WrongSecret`. */
export async function rotateKeys(
  given: KeyArguments,
  { algorithms = signingAlgorithms, atOnce = false, actor = 'operator', from }: RotationWish & Partial<Doer> = {},
): Promise<Rotation[]> {
  return changing({ ...given, actor, from }, async (change) => {
    const rotations: Rotation[] = [];
    for (const algorithm of algorithms) rotations.push(await (atOnce ? replaceAtOnce : beginNext)(change, algorithm));
    return rotations;
  });
}

/** The job's: whatever is due at this moment. After 0 days: no key gives way by itself. Any number of processes may call it. */
export async function tendKeys(given: KeyArguments, { rotationDays }: { readonly rotationDays: number }): Promise<void> {
  await changing({ ...given, actor: 'server' }, async (change) => {
    const due = rotationDays > 0 ? await listDue(change, rotationDays) : [];
    for (const algorithm of due) await beginNext(change, algorithm);
    await forgetRetired(change);
  });
}

export type KeySummary = Pick<SigningKey, 'id' | 'algorithm' | 'createdAt'> & SigningKey['span'] & { readonly state: KeyState };

/** All there ever were, the newest first; nothing of a private part. */
export async function summarizeKeys(database: Database, now: Date): Promise<KeySummary[]> {
  const found = await listSigningKeys(database);
  return found.map(({ span, ...key }) => ({ ...key, ...span, state: stateOfKey(span, now) }));
}

type Change = KeyArguments & { readonly trx: Transaction; readonly now: Date } & Doer;

/** An account, `operator`, or `server` by itself. */
type Doer = { readonly actor: string; readonly from?: Origin | undefined };

/** One process at a time, and nobody with a wrong secret. */
async function changing<Result>(given: KeyArguments & Doer, work: (change: Change) => Promise<Result>): Promise<Result> {
  return inTransaction(given.database, async (trx) => {
    await lockKeys(trx);
    await readKeys(trx, given.seal);
    return work({ ...given, trx, now: given.clock() });
  });
}

/** So that the next one signs when the last has signed for so long. */
async function listDue({ trx, now }: Change, rotationDays: number): Promise<string[]> {
  const isDue = ({ span: { signsFrom, signsUntil } }: SigningKey) =>
    signsUntil === undefined && addSeconds(signsFrom, rotationDays * day - waitSeconds) <= now;
  return (await listSigningKeys(trx)).filter(isDue).map(({ algorithm }) => algorithm);
}

async function beginNext(change: Change, algorithm: string): Promise<Rotation> {
  const { trx, now } = change;
  const last = await findNewestKey(trx, algorithm);
  if (last && stateOfKey(last.span, now) === 'waiting') return { algorithm, id: last.id, signsFrom: last.span.signsFrom, isNew: false };
  const signsFrom = last ? addSeconds(now, waitSeconds) : now;
  if (last) await endKey(trx, last.id, { signsUntil: signsFrom, publishedUntil: addSeconds(signsFrom, retireSeconds) });
  return addKey(change, { algorithm, signsFrom });
}

async function replaceAtOnce(change: Change, algorithm: string): Promise<Rotation> {
  await endKeysAtOnce(change.trx, algorithm, change.now);
  await forgetRetired(change);
  return addKey(change, { algorithm, signsFrom: change.now });
}

async function addKey(change: Change, { algorithm, signsFrom }: Pick<Rotation, 'algorithm' | 'signsFrom'>): Promise<Rotation> {
  const key = await makeKey({ purpose: 'signing', algorithm }, { ...change, clock: () => change.now, signsFrom });
  await insertKey(change.trx, key);
  await record(change, 'key.created', { ...key, detail: { signsFrom } });
  return { algorithm, id: key.id, signsFrom, isNew: true };
}

/** What a key signed is over: its private part is good for nothing but misuse. The row stays, as a record. */
async function forgetRetired(change: Change): Promise<void> {
  for (const key of await forgetRetiredKeys(change.trx, change.now)) await record(change, 'key.retired', key);
}

type Recorded = Pick<SigningKey, 'id' | 'algorithm'> & { readonly detail?: Readonly<Record<string, unknown>> };

async function record({ trx, now, actor, from, random }: Change, action: AuditEvent['action'], { id, algorithm, detail }: Recorded) {
  await recordAudit(trx, { at: now, actor, from, action, subject: id, detail: { algorithm, ...detail } }, random);
}

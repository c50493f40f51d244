/**
 * Proving a mailbox with six digits (design §7): good for ten minutes and five tries, three mails a visit. Owns which
 * address a visit may prove, the code and its tries; what follows from a proof is the rule's (`invitation.ts`). A code is
 * bound to its visit and its address, and rests as an HMAC with a key from the operator's secret.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { Failure } from '../errors.ts';
import { addSeconds } from '../lib/clock.ts';
import { type Database, inTransaction, type Queryable } from '../lib/db.ts';
import { countingKey, type EmailKey, emailKey, inDomains } from '../lib/email.ts';
import type { Random } from '../lib/random.ts';
import { addressBlock, createThrottle, type Throttle } from '../lib/throttle.ts';
import type { InvitationHost } from './host.ts';
import type { Invitation } from './invitation.ts';
import { type MailHost, queueCode } from './mails.ts';
import { findProof, type MailboxProof, markProven, saveCode, takeTry } from './proof-store.ts';
import type { Visit } from './visit.ts';

export type ProofHost = MailHost &
  Pick<InvitationHost, 'database' | 'clock' | 'codeKey' | 'accountOf' | 'codesToMailbox' | 'codesFromPlace' | 'afterCommit'>;

const codeMinutes = 10;
const maxTries = 5;
const maxSends = 3;

/** For whoever makes the host. */
export function createCodeThrottles(database: Database): Pick<ProofHost, 'codesToMailbox' | 'codesFromPlace'> {
  const toMailbox = createThrottle(database, { name: 'code_mailbox', points: 3, perSeconds: 15 * 60 });
  const toMailboxADay = createThrottle(database, { name: 'code_mailbox_day', points: 10, perSeconds: 24 * 60 * 60 });
  return {
    codesToMailbox: both(toMailbox, toMailboxADay),
    codesFromPlace: createThrottle(database, { name: 'code_place', points: 200, perSeconds: 60 * 60 }),
  };
}

function both(one: Throttle, other: Throttle): Throttle {
  const inTurn = async (work: (throttle: Throttle) => Promise<unknown>) => {
    await work(one);
    await work(other);
  };
  return {
    consume: (key) => inTurn((throttle) => throttle.consume(key)),
    giveBack: (key) => inTurn((throttle) => throttle.giveBack(key)),
    reset: (key) => inTurn((throttle) => throttle.reset(key)),
  };
}

/** What a page may say of a code that was sent. */
export type CodeState = {
  readonly email: string;
  readonly canResend: boolean;
  readonly triesLeft: number;
  readonly expired: boolean;
  readonly proven: boolean;
};

/** Undefined: none was sent to anybody for this visit. */
export async function codeStateOf(
  { database, clock }: Pick<ProofHost, 'database' | 'clock'>,
  visitId: string,
): Promise<CodeState | undefined> {
  const proof = await findProof(database, visitId);
  return proof && stateOf(proof, clock());
}

function stateOf(proof: MailboxProof, now: Date): CodeState {
  return {
    email: proof.email,
    canResend: proof.sentCount < maxSends,
    triesLeft: maxTries - proof.tryCount,
    expired: now >= proof.expiresAt,
    proven: proof.provenAt !== null,
  };
}

export type CodeRequest = {
  readonly visit: Visit;
  /** As `emailSchema` gives it; undefined: the addressee's. */
  readonly email: string | undefined;
  /** Who is signed in. */
  readonly accountId: string | undefined;
  readonly ip: string;
  readonly locale: string;
};

/**
 * Mails a new code; an earlier one is worth nothing from then on. An address that is proven to be somebody else's account
 * gets a mail that says so instead, and here nothing looks different. Throws `email_mismatch`, `email_domain_not_allowed`,
 * `too_many_requests`; `TypeError` without the option `secret`.
 */
export async function sendCode(host: ProofHost, request: CodeRequest): Promise<CodeState> {
  const { visit, accountId, ip, locale } = request;
  const { invitation } = visit;
  const email = addressToProve(invitation, request.email);
  const key = emailKey(email);
  // The place first: one that has had its share uses up nobody's mailbox.
  await host.codesFromPlace.consume(addressBlock(ip));
  await host.codesToMailbox.consume(countingKey(key));
  const state = await inTransaction(host.database, async (trx) => {
    const now = host.clock();
    const account = await host.accountOf(email, trx);
    const isAnothers = account?.verified === true && account.accountId !== accountId;
    const code = mintCode(host.random);
    const mac = macOf(host, { visitId: visit.id, key, code });
    const expiresAt = addSeconds(now, codeMinutes * 60);
    const proof = await saveCode(trx, { visitId: visit.id, email, key, codeMac: isAnothers ? null : mac, expiresAt, maxSends });
    if (!proof) throw new Failure('too_many_requests', {}, Math.ceil((visit.expiresAt.getTime() - now.getTime()) / 1000));
    await queueCode(host, trx, { invitation, email, code, minutes: codeMinutes, hasAccount: isAnothers, locale, now });
    return stateOf(proof, now);
  });
  host.afterCommit();
  return state;
}

/** The addressee's is taken as it stands on the invitation, however it was typed. */
function addressToProve({ addressee, domains }: Invitation, typed: string | undefined): string {
  const isAddressees = addressee !== undefined && (typed === undefined || emailKey(typed) === addressee.key);
  const email = isAddressees ? addressee.email : typed;
  if (email === undefined) throw new Failure('form_invalid', { field: 'email' });
  if (addressee && addressee.rule !== 'any' && !isAddressees) throw new Failure('email_mismatch');
  if (domains.length > 0 && !inDomains(emailKey(email), domains)) throw new Failure('email_domain_not_allowed');
  return email;
}

function mintCode(random: Random): string {
  return String(random(6).readUIntBE(0, 6) % 1_000_000).padStart(6, '0');
}

type BoundCode = { readonly visitId: string; readonly key: EmailKey; readonly code: string };

function macOf({ codeKey }: Pick<ProofHost, 'codeKey'>, { visitId, key, code }: BoundCode): Buffer {
  return createHmac('sha256', codeKey()).update([visitId, key, code].join('\n')).digest();
}

/**
 * `code` as it was typed. Returns the address that is proven by it; saying it twice is no mistake. Throws `code_wrong` with
 * `triesLeft`, `code_expired`.
 */
export async function checkCode(
  host: Pick<ProofHost, 'database' | 'clock' | 'codeKey'>,
  { visit, code }: { readonly visit: Visit; readonly code: string },
): Promise<string> {
  const { database } = host;
  const now = host.clock();
  const digits = digitsOf(code);
  // What cannot be a code uses up no try.
  const tried = digits === undefined ? undefined : await takeTry(database, visit.id, { now, maxTries });
  if (digits === undefined || !tried) return unjudged(await findProof(database, visit.id), now);
  const codeMac = macOf(host, { visitId: visit.id, key: tried.key, code: digits });
  const isRight = timingSafeEqual(codeMac, tried.codeMac ?? noMac) && tried.codeMac !== null;
  if (!isRight) throw new Failure('code_wrong', { triesLeft: maxTries - tried.tryCount });
  if (!(await markProven(database, visit.id, { key: tried.key, codeMac, now }))) throw new Failure('code_expired');
  return tried.email;
}

const noMac = Buffer.alloc(32);

function digitsOf(code: string): string | undefined {
  const digits = code.slice(0, 100).replace(/[\s\p{Pd}]/gu, '');
  return /^[0-9]{6}$/.test(digits) ? digits : undefined;
}

function unjudged(proof: MailboxProof | undefined, now: Date): string {
  if (proof?.provenAt && proof.codeMac === null) return proof.email;
  if (!proof || now >= proof.expiresAt) throw new Failure('code_expired');
  throw new Failure('code_wrong', { triesLeft: maxTries - proof.tryCount });
}

/** The mailbox that this visit has proven by a code. */
export async function provenEmailOf(db: Queryable, visitId: string): Promise<string | undefined> {
  const proof = await findProof(db, visitId);
  return proof?.provenAt ? proof.email : undefined;
}

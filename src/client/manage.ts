/** Registering, changing and removing relying apps, and their secrets. Every process hears of it with the next request. */
import { type AuditAction, type Origin, recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { findGroup } from '../group/store.ts';
import { addSeconds, type Clock } from '../lib/clock.ts';
import { type Database, inTransaction, type Transaction } from '../lib/db.ts';
import { newId, type Random } from '../lib/random.ts';
import type { Seal } from '../lib/seal.ts';
import { type Client, hasSecret, plainClient } from './client.ts';
import { lintClient } from './lint.ts';
import { sentenceOf } from './mapping-lint.ts';
import { mintClientSecret, sealClientSecret } from './secret.ts';
import { deleteEndedSecrets, endOtherSecrets, insertSecret } from './secret-store.ts';
import { deleteClient, insertClient, lockClient, updateClient } from './store.ts';
import { checkClient } from './wish.ts';

export type ClientTools = {
  readonly clock: Clock;
  readonly random: Random;
  readonly seal: Seal;
  /** Account id, or `operator`. */
  readonly actor: string;
  readonly from?: Origin | undefined;
  /** Would the provider accept it? Its complaint (RFC 7591 §3.2.2), or undefined. */
  readonly complaintAbout: (client: Client) => string | undefined;
};

/** All that is not said is as `plainClient` has it. */
export type NewClient = Pick<Client, 'id' | 'redirectUris'> & Partial<Omit<Client, 'createdAt' | 'lifetimes'>> & SomeLifetimes;

type SomeLifetimes = { readonly lifetimes?: Partial<Client['lifetimes']> | undefined };

/** The secret is in the answer once; undefined: it has none. Throws `client_exists`, `group_not_found`, `client_invalid`. */
export async function addClient(
  db: Database,
  { id, name = id, ...wish }: NewClient,
  tools: ClientTools,
): Promise<{ readonly clientSecret: string | undefined }> {
  const { clock, actor, from, random } = tools;
  return inTransaction(db, async (trx) => {
    const now = clock();
    const client = { ...plainClient, ...wish, id, name, lifetimes: { ...plainClient.lifetimes, ...wish.lifetimes }, createdAt: now };
    await refuseUnusable(trx, client, tools);
    await insertClient(trx, client);
    await recordAudit(trx, { at: now, actor, from, action: 'client.created', subject: id, detail: { preset: client.preset } }, random);
    return { clientSecret: hasSecret(client) ? (await makeSecret(trx, id, tools)).secret : undefined };
  });
}

/** Throws `client_invalid` and `group_not_found`. */
async function refuseUnusable(
  trx: Transaction,
  client: Client,
  { complaintAbout, clock }: Pick<ClientTools, 'complaintAbout' | 'clock'>,
): Promise<void> {
  const complaint = checkClient(client) ?? complaintAbout(client);
  if (complaint) throw new Failure('client_invalid', { complaint });
  for (const slug of [...(client.requiredGroup === undefined ? [] : [client.requiredGroup]), ...client.attachedGroups])
    if (!(await findGroup(trx, slug))) throw new Failure('group_not_found', { slug });
  // What the mappings by default do is what they always did.
  const findings = client.mappings ? await lintClient(trx, client, clock()) : [];
  const refusal = findings.find(({ level }) => level === 'refusal');
  if (refusal) throw new Failure('client_invalid', { complaint: `mappings: ${sentenceOf(refusal)}` });
}

type MadeSecret = { readonly id: string; readonly secret: string };

async function makeSecret(trx: Transaction, clientId: string, { clock, random, seal }: ClientTools): Promise<MadeSecret> {
  const secret = mintClientSecret(random);
  const now = clock();
  const id = newId(now, random);
  await insertSecret(trx, { id, clientId, sealed: sealClientSecret(seal, clientId, secret), createdAt: now });
  return { id, secret };
}

/** Of lifetimes, those that are not named stay. */
export type ClientChange = Partial<Omit<Client, 'id' | 'createdAt' | 'lifetimes'>> & SomeLifetimes;

/**
 * With another way to authenticate, a secret is made where one is needed, and ended where none is. Throws
 * `client_not_found`, `client_invalid`, `group_not_found`.
 */
export async function changeClient(
  db: Database,
  id: string,
  { change, ...tools }: ClientTools & { readonly change: ClientChange },
): Promise<{ readonly client: Client; readonly clientSecret: string | undefined }> {
  const { clock } = tools;
  return inTransaction(db, async (trx) => {
    const known = await lockClient(trx, id);
    if (!known) throw new Failure('client_not_found', { clientId: id });
    const now = clock();
    const client = { ...known, ...change, ...keysAfter(known, change), lifetimes: { ...known.lifetimes, ...change.lifetimes } };
    await refuseUnusable(trx, client, tools);
    await updateClient(trx, client, now);
    await record(trx, tools, { id, action: 'client.changed', detail: { changed: Object.keys(change) } });
    return { client, clientSecret: await secretsAfter(trx, { known, client, tools }) };
  });
}

/** An app has its keys in one place, or none if it does not prove itself with them; what is said last counts. */
function keysAfter({ jwks, jwksUri }: Client, change: ClientChange): Pick<Client, 'jwks' | 'jwksUri'> {
  if (change.jwks ?? change.jwksUri) return { jwks: change.jwks, jwksUri: change.jwksUri };
  const needsNone = change.authMethod !== undefined && change.authMethod !== 'private_key_jwt';
  return needsNone ? { jwks: undefined, jwksUri: undefined } : { jwks, jwksUri };
}

type Changed = { readonly known: Client; readonly client: Client; readonly tools: ClientTools };

async function secretsAfter(trx: Transaction, { known, client, tools }: Changed): Promise<string | undefined> {
  if (hasSecret(known) === hasSecret(client)) return undefined;
  if (hasSecret(client)) return (await makeSecret(trx, client.id, tools)).secret;
  const now = tools.clock();
  await endOtherSecrets(trx, { clientId: client.id, keptId: undefined, endsAt: now, now });
  return undefined;
}

/** So long the secrets before go on, for the app to be given the new one. */
const overlapSeconds = 7 * 24 * 60 * 60;

export type Rotation = { readonly clientSecret: string; readonly othersEndAt: Date };

/**
 * Another secret besides those that there are; they end after the overlap, or at once. Throws `client_not_found`,
 * `client_invalid` where it has no use for one.
 */
export async function rotateSecret(
  db: Database,
  id: string,
  { overlapSeconds: overlap = overlapSeconds, ...tools }: ClientTools & { readonly overlapSeconds?: number | undefined },
): Promise<Rotation> {
  return inTransaction(db, async (trx) => {
    const client = await lockClient(trx, id);
    if (!client) throw new Failure('client_not_found', { clientId: id });
    if (!hasSecret(client)) throw new Failure('client_invalid', { complaint: 'it authenticates without a secret' });
    const now = tools.clock();
    const { id: keptId, secret: clientSecret } = await makeSecret(trx, id, tools);
    const othersEndAt = addSeconds(now, overlap);
    await endOtherSecrets(trx, { clientId: id, keptId, endsAt: othersEndAt, now });
    await deleteEndedSecrets(trx, now);
    await record(trx, tools, { id, action: 'client.secret_added', detail: { othersEndAt } });
    return { clientSecret, othersEndAt };
  });
}

/** Nobody gets there any more, and its tokens end at once but for JWTs, which do within minutes. Throws `client_not_found`. */
export async function removeClient(db: Database, id: string, tools: ClientTools): Promise<void> {
  await inTransaction(db, async (trx) => {
    if (!(await deleteClient(trx, id))) throw new Failure('client_not_found', { clientId: id });
    await record(trx, tools, { id, action: 'client.removed', detail: {} });
  });
}

type Entry = { readonly id: string; readonly action: AuditAction; readonly detail: Readonly<Record<string, unknown>> };

async function record(trx: Transaction, { clock, random, actor, from }: ClientTools, { id, ...entry }: Entry): Promise<void> {
  await recordAudit(trx, { at: clock(), actor, from, subject: id, ...entry }, random);
}

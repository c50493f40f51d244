/**
 * Apps that register, change and remove themselves, and the tokens that let them (RFC 7591 §3, RFC 7592 §2). Owns what is
 * kept, in one transaction with the token that is spent for it; what may be kept is for `registered.ts` and `wish.ts`.
 */
import type { ClientMetadata } from 'oidc-provider';
import { type AuditAction, type Origin, recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { addSeconds, type Clock } from '../lib/clock.ts';
import { type Database, inTransaction, type Transaction } from '../lib/db.ts';
import { sha256 } from '../lib/digest.ts';
import { newId, type Random } from '../lib/random.ts';
import type { Seal } from '../lib/seal.ts';
import { type Client, hasSecret } from './client.ts';
import { complaintAboutRegistered, inSentNames, toClient } from './registered.ts';
import { findGoodToken, insertToken, type RegistrationToken, revokeToken, spendToken } from './registration-store.ts';
import { sealClientSecret } from './secret.ts';
import { endOtherSecrets, insertSecret } from './secret-store.ts';
import { deleteClient, insertClient, lockClient, updateClient } from './store.ts';
import { checkClient } from './wish.ts';

type TokenTools = {
  readonly clock: Clock;
  readonly random: Random;
  /** Account id, or `operator`. */
  readonly actor: string;
  readonly from?: Origin | undefined;
};

/** The token is in the answer once: 256 bits, of which the digest is kept. */
export async function addRegistrationToken(
  db: Database,
  { lastsSeconds, uses }: { readonly lastsSeconds: number; readonly uses: number },
  { clock, random, actor, from }: TokenTools,
): Promise<RegistrationToken & { readonly token: string }> {
  const now = clock();
  const token = random(32).toString('base64url');
  const kept = { id: newId(now, random), uses, usesLeft: uses, createdAt: now, endsAt: addSeconds(now, lastsSeconds) };
  await inTransaction(db, async (trx) => {
    await insertToken(trx, { ...kept, digest: sha256(token) });
    const detail = { uses, endsAt: kept.endsAt };
    await recordAudit(trx, { at: now, actor, from, action: 'registration_token.created', subject: kept.id, detail }, random);
  });
  return { ...kept, token };
}

/** Apps that registered with it stay. False: there was none that was good. */
export async function revokeRegistrationToken(db: Database, id: string, { clock, random, actor, from }: TokenTools): Promise<boolean> {
  return inTransaction(db, async (trx) => {
    const now = clock();
    if (!(await revokeToken(trx, id, now))) return false;
    await recordAudit(trx, { at: now, actor, from, action: 'registration_token.revoked', subject: id }, random);
    return true;
  });
}

/** Undefined: it is none, or not good any more. */
export async function findRegistrationToken(db: Database, token: string, now: Date): Promise<RegistrationToken | undefined> {
  return findGoodToken(db, sha256(token), now);
}

export type RegistrationTools = { readonly clock: Clock; readonly random: Random; readonly seal: Seal; readonly from: Origin | undefined };

/**
 * `metadata` is as the provider accepted it, with the secret in it. False: the token was spent or revoked at this moment.
 * Throws `client_invalid` with a complaint in the names of RFC 7591.
 */
export async function register(
  db: Database,
  metadata: ClientMetadata,
  { registeredBy, ...tools }: RegistrationTools & { readonly registeredBy: string },
): Promise<boolean> {
  return inTransaction(db, async (trx) => {
    const now = tools.clock();
    const client = toClient(metadata, { registeredBy, createdAt: now });
    refuseUnusable(client);
    if (!(await spendToken(trx, registeredBy, now))) return false;
    await insertClient(trx, client);
    await keepSecret(trx, { known: undefined, client, secret: metadata.client_secret, tools });
    await record(trx, client, { ...tools, action: 'client.created' });
    return true;
  });
}

/** As `register`. False: it was removed at this moment. */
export async function changeRegistered(db: Database, metadata: ClientMetadata, tools: RegistrationTools): Promise<boolean> {
  return inTransaction(db, async (trx) => {
    const known = await lockClient(trx, metadata.client_id);
    if (!known?.registeredBy) return false;
    const client = toClient(metadata, known);
    refuseUnusable(client);
    await updateClient(trx, client, tools.clock());
    await keepSecret(trx, { known, client, secret: metadata.client_secret, tools });
    await record(trx, client, { ...tools, action: 'client.changed' });
    return true;
  });
}

function refuseUnusable(client: Client): void {
  const general = checkClient(client);
  const complaint = complaintAboutRegistered(client) ?? (general && inSentNames(general));
  if (complaint) throw new Failure('client_invalid', { complaint });
}

type Kept = {
  readonly known: Client | undefined;
  readonly client: Client;
  readonly secret: string | undefined;
  readonly tools: RegistrationTools;
};

/** One that has a secret keeps it: only a new one is sealed. */
async function keepSecret(trx: Transaction, { known, client, secret, tools }: Kept): Promise<void> {
  const { seal, random } = tools;
  const now = tools.clock();
  const hadSecret = known !== undefined && hasSecret(known);
  if (hasSecret(client) && !hadSecret && secret !== undefined) {
    const sealed = sealClientSecret(seal, client.id, secret);
    await insertSecret(trx, { id: newId(now, random), clientId: client.id, sealed, createdAt: now });
  }
  if (hadSecret && !hasSecret(client)) await endOtherSecrets(trx, { clientId: client.id, keptId: undefined, endsAt: now, now });
}

/** Of an app that registered itself; one that the operator registered is left alone. */
export async function removeRegistered(db: Database, id: string, tools: Omit<RegistrationTools, 'seal'>): Promise<void> {
  await inTransaction(db, async (trx) => {
    const known = await lockClient(trx, id);
    if (!known?.registeredBy || !(await deleteClient(trx, id))) return;
    await record(trx, known, { ...tools, action: 'client.removed' });
  });
}

type Entry = Omit<RegistrationTools, 'seal'> & { readonly action: AuditAction };

async function record(trx: Transaction, { id, registeredBy }: Client, { clock, random, from, action }: Entry): Promise<void> {
  await recordAudit(trx, { at: clock(), actor: `client ${id}`, from, action, subject: id, detail: { registeredBy } }, random);
}

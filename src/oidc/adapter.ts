/**
 * Where oidc-provider keeps its artefacts: one table for all models. Owns how they look at rest; clients live elsewhere
 * and are looked up through `findClient`. The SQL is in `payload-store.ts`.
 *
 * A copy of the table lets nobody in: a row's id is the SHA-256 of the artefact's value, and the value is taken out of
 * the payload and put back when somebody comes with it. Grants keep their id, which is no permission.
 *
 * | value                                      | at rest          | handed back                      |
 * |--------------------------------------------|------------------|----------------------------------|
 * | `jti` of every model but Grant             | digest, in `id`  | as it came; by uid or user code: a handle |
 * | `parJti`, `deviceCode` of an Interaction   | digest           | a handle                         |
 * | `returnTo` of an Interaction               | without its uid  | whole                            |
 * | `session.cookie` of an Interaction         | not kept         | absent; oidc-provider never reads it |
 * | `userCode` of a DeviceCode                 | clear            | as it came; too short to hide, and useless without signing in |
 *
 * The form token of a session (`state.secret`) stays in clear: it is nothing without the session's cookie. CIBA's
 * `client_notification_token` and the `txCode` of credential issuance would stay too: both features are off.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Adapter, type AdapterFactory, type AdapterPayload, errors } from 'oidc-provider';
import { addSeconds, type Clock } from '../lib/clock.ts';
import type { Database } from '../lib/db.ts';
import { sha256 } from '../lib/digest.ts';
import type { Random } from '../lib/random.ts';
import { isStorableJson } from '../lib/plain-text.ts';
import * as store from './payload-store.ts';

export type AdapterArguments = {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly findClient: (clientId: string) => Promise<AdapterPayload | undefined>;
  /** See `registration.ts`; undefined: apps are registered by the operator alone. */
  readonly registration?: ((kind: string, usual: Adapter) => Adapter) | undefined;
};

type Context = Omit<AdapterArguments, 'findClient' | 'random' | 'registration'> & { readonly kind: string; readonly ids: Ids };

/** For `adapter` in oidc-provider's configuration. One per process: handles of one are unknown to another. */
export function createAdapter({ database, clock, random, findClient, registration }: AdapterArguments): AdapterFactory {
  const ids = createIds(random(32));
  const usual = (kind: string) => {
    if (kind === 'Client') return clientAdapter(findClient);
    const context = { database, clock, kind, ids };
    return kind === 'ReplayDetection' ? { ...payloadAdapter(context), find: claimOnce(context) } : payloadAdapter(context);
  };
  return (kind) => registration?.(kind, usual(kind)) ?? usual(kind);
}

/** Deletes what has expired, `limit` rows a statement. Returns how many. */
export async function sweepExpired(database: Database, now: Date, limit: number): Promise<number> {
  let total = 0;
  for (;;) {
    const count = await store.deleteExpired(database, now, limit);
    total += count;
    if (count < limit) return total;
  }
}

function payloadAdapter(context: Context): Adapter {
  const { database, clock, kind, ids } = context;
  const asStored = (row: store.PayloadRow | undefined, value?: string) => row && unpack(context, row, value ?? ids.handle(kind, row.id));
  return {
    async upsert(value, payload, expiresIn) {
      const expiresAt = expiresIn === undefined ? null : addSeconds(clock(), expiresIn);
      await store.upsertPayload(database, { ...pack(context, value, payload), expiresAt });
    },
    async find(value) {
      if (!isStorable(value)) return undefined;
      return asStored(await store.findPayload(database, { kind, id: ids.stored(kind, value), now: clock() }), value);
    },
    async findByUid(uid) {
      return asStored(await store.findPayloadByUid(database, { kind, uid, now: clock() }));
    },
    async findByUserCode(userCode) {
      if (!isStorable(userCode)) return undefined;
      return asStored(await store.findPayloadByUserCode(database, { kind, userCode, now: clock() }));
    },
    async consume(value) {
      const key = { kind, id: ids.stored(kind, value) };
      if (!(await store.consumePayload(database, { ...key, now: clock() }))) await refuseSecondUse(database, key);
    },
    async destroy(value) {
      await store.deletePayload(database, { kind, id: ids.stored(kind, value) });
    },
    async revokeByGrantId(grantId) {
      await store.deletePayloadsOfGrant(database, grantId);
    },
  };
}

/**
 * oidc-provider looks whether a thing was used, and uses it, in two steps; between them another request may have used
 * it. The late one ends as if it had come later: refused, and what the first got is revoked (RFC 6749 §4.1.2, RFC 9700
 * §4.14.2). The Grant goes too, because the first may not have stored its tokens yet.
 */
async function refuseSecondUse(database: Database, key: store.Key): Promise<never> {
  const grantId = await store.findGrantId(database, key);
  if (grantId !== undefined) {
    await store.deletePayload(database, { kind: 'Grant', id: grantId });
    await store.deletePayloadsOfGrant(database, grantId);
  }
  if (key.kind === 'PushedAuthorizationRequest') throw new errors.InvalidRequestUri('request_uri is invalid, expired, or was already used');
  throw new errors.InvalidGrant(`${key.kind} already consumed`);
}

const claimSeconds = 600;

/**
 * `ReplayDetection.unique()` is find, then upsert: two replays at the same moment would both find nothing. So the look-up
 * itself takes the id, and only one of them finds nothing; the upsert that follows sets the right expiry. The other is
 * answered by oidc-provider with the error that fits the place. If no upsert follows, the id is spent for ten minutes.
 */
function claimOnce({ database, clock, kind, ids }: Context): Adapter['find'] {
  return async (value) => {
    const now = clock();
    const key = { kind, id: ids.stored(kind, value) };
    const isFirst = await store.claimId(database, { ...key, now, expiresAt: addSeconds(now, claimSeconds) });
    return isFirst ? undefined : { jti: value, kind };
  };
}

function clientAdapter(findClient: AdapterArguments['findClient']): Adapter {
  const refuse = async () => {
    throw new Error('clients are registered by the operator, not through oidc-provider');
  };
  return {
    find: async (clientId) => (isStorable(clientId) ? findClient(clientId) : undefined),
    upsert: refuse,
    findByUid: refuse,
    findByUserCode: refuse,
    consume: refuse,
    destroy: refuse,
    revokeByGrantId: refuse,
  };
}

/** What revoking a grant takes with it. An Interaction names a grant too, but is only a conversation about it. */
const ofGrant = new Set([
  'AccessToken',
  'AuthorizationCode',
  'RefreshToken',
  'DeviceCode',
  'BackchannelAuthenticationRequest',
  'PreAuthorizedCode',
]);

function pack({ kind, ids }: Context, value: string, payload: AdapterPayload): Omit<store.NewPayload, 'expiresAt'> {
  const { jti, consumed, ...kept } = payload;
  return {
    kind,
    id: ids.stored(kind, value),
    payload: toJson(kind === 'Interaction' ? packInteraction(ids, value, kept) : kept),
    grantId: (ofGrant.has(kind) && payload.grantId) || null,
    uid: (kind === 'Session' && payload.uid) || null,
    userCode: payload.userCode ?? null,
    consumedAt: typeof consumed === 'number' ? new Date(consumed * 1000) : null,
  };
}

function unpack({ kind, ids }: Context, { payload, consumed_at }: store.PayloadRow, value: string): AdapterPayload {
  const whole = kind === 'Interaction' ? unpackInteraction(ids, value, payload) : payload;
  return { ...whole, jti: value, ...(consumed_at && { consumed: Math.floor(consumed_at.getTime() / 1000) }) };
}

const idPlaceholder = '{jti}';

function packInteraction(ids: Ids, value: string, payload: AdapterPayload): AdapterPayload {
  const { returnTo, session, parJti, deviceCode } = payload;
  return {
    ...payload,
    returnTo: returnTo?.replaceAll(value, idPlaceholder),
    session: session && { ...session, cookie: undefined },
    parJti: parJti && ids.stored('PushedAuthorizationRequest', parJti),
    deviceCode: deviceCode && ids.stored('DeviceCode', deviceCode),
  };
}

function unpackInteraction(ids: Ids, value: string, payload: AdapterPayload): AdapterPayload {
  const { returnTo, parJti, deviceCode } = payload;
  return {
    ...payload,
    ...(returnTo && { returnTo: returnTo.replaceAll(idPlaceholder, value) }),
    ...(parJti && { parJti: ids.handle('PushedAuthorizationRequest', parJti) }),
    ...(deviceCode && { deviceCode: ids.handle('DeviceCode', deviceCode) }),
  };
}

type Ids = {
  /** What the row is called for this value or handle. */
  stored(kind: string, value: string): string;
  /** Stands for a value that only its digest is left of; this process's adapter takes it wherever it takes the value. */
  handle(kind: string, digest: string): string;
};

/** A handle carries a MAC under a key of this process: else a digest from a stolen table would be as good as the value. */
function createIds(key: Buffer): Ids {
  const mac = (kind: string, digest: string) => createHmac('sha256', key).update(`${kind} ${digest}`).digest();
  const openHandle = (kind: string, value: string) => {
    const [, digest, given] = /^~([\w-]{43})\.([\w-]{43})$/.exec(value) ?? [];
    if (!digest || !given) return undefined;
    return timingSafeEqual(Buffer.from(given, 'base64url'), mac(kind, digest)) ? digest : undefined;
  };
  return {
    stored: (kind, value) => (kind === 'Grant' ? value : (openHandle(kind, value) ?? sha256(value).toString('base64url'))),
    handle: (kind, digest) => (kind === 'Grant' ? digest : `~${digest}.${mac(kind, digest).toString('base64url')}`),
  };
}

/** PostgreSQL keeps neither NUL nor half of a surrogate pair in text. */
function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** No OAuth parameter may hold such characters (RFC 6749, appendix A): that is the sender's mistake, answered as one. */
function toJson(payload: AdapterPayload): string {
  const json = JSON.stringify(payload);
  if (!isStorableJson(json)) throw new errors.InvalidRequest('parameters must not contain NUL or unpaired surrogates');
  return json;
}

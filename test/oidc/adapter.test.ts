import fc from 'fast-check';
import { type AdapterPayload, errors } from 'oidc-provider';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addSeconds } from '../../src/lib/clock.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { createAdapter, sweepExpired } from '../../src/oidc/adapter.ts';
import { createTestDatabase } from '../support/database.ts';

const start = new Date('2030-01-01T00:00:00.400Z');
let now = start;
let test: Awaited<ReturnType<typeof createTestDatabase>>;

beforeAll(async () => {
  test = await createTestDatabase();
});
beforeEach(async () => {
  now = start;
  await test.database.raw('delete from guestlist.oidc_payload');
});
afterAll(async () => {
  await test.drop();
});

const findClient = async (id: string): Promise<AdapterPayload | undefined> => (id === 'wiki' ? { client_id: 'wiki' } : undefined);
const newAdapter = () => createAdapter({ database: test.database, clock: () => now, random: secureRandom, findClient });
const newValue = () => secureRandom(32).toString('base64url');
const inParallel = <Result>(count: number, work: () => Promise<Result>) => Promise.allSettled(Array.from({ length: count }, work));

async function storedText(): Promise<string> {
  const { rows } = await test.database.raw('select row_to_json(p)::text as text from guestlist.oidc_payload p');
  return rows.map(({ text }: { text: string }) => text).join('\n');
}

const plainModels = [
  'AccessToken',
  'AuthorizationCode',
  'RefreshToken',
  'ClientCredentials',
  'PushedAuthorizationRequest',
  'Session',
  'DeviceCode',
  'BackchannelAuthenticationRequest',
  'InitialAccessToken',
  'RegistrationAccessToken',
  'PreAuthorizedCode',
  'Grant',
];

/** Any JSON object PostgreSQL can keep, under names the adapter gives no meaning to. */
const content = fc
  .jsonValue({ stringUnit: 'grapheme', maxDepth: 3 })
  .filter((value) => !JSON.stringify(value).includes('\\u0000'))
  .map((value) => JSON.parse(JSON.stringify({ claims: value, scope: '\\u0000 as six letters', rotations: 2 })) as AdapterPayload);

describe('every model', () => {
  it.each(plainModels)('%s is found again as it was stored, and its value is in no column', async (kind) => {
    const adapter = newAdapter()(kind);
    await fc.assert(
      fc.asyncProperty(content, async (extra) => {
        const jti = newValue();
        const payload = {
          ...extra,
          jti,
          kind,
          iat: 1,
          exp: 2,
          grantId: 'g',
          clientId: 'wiki',
          ...(kind === 'Session' && { uid: newValue() }),
        };
        await adapter.upsert(jti, payload, 60);
        expect(await adapter.find(jti)).toEqual(payload);
        expect(await newAdapter()(kind).find(jti)).toEqual(payload);
        if (kind !== 'Grant') expect(await storedText()).not.toContain(jti);
        await adapter.destroy(jti);
        expect(await adapter.find(jti)).toBeUndefined();
      }),
      { numRuns: 15 },
    );
  });

  it('is not found under another model, another value or the digest in the table', async () => {
    const adapter = newAdapter();
    const jti = newValue();
    await adapter('AccessToken').upsert(jti, { jti, kind: 'AccessToken' }, 60);
    const { rows } = await test.database.raw('select id from guestlist.oidc_payload');
    expect(await adapter('RefreshToken').find(jti)).toBeUndefined();
    for (const value of ['', newValue(), rows[0].id, `~${rows[0].id}`, `~${rows[0].id}.${newValue()}`, `${jti}\0`, '\ud800']) {
      expect(await adapter('AccessToken').find(value)).toBeUndefined();
    }
  });

  it('is replaced by a later upsert, with its new expiry', async () => {
    const session = newAdapter()('Session');
    await session.upsert('s', { jti: 's', uid: 'u', accountId: 'ann' }, 60);
    await session.upsert('s', { jti: 's', uid: 'u', accountId: 'bob' }, 600);
    now = addSeconds(start, 61);
    expect(await session.find('s')).toEqual({ jti: 's', uid: 'u', accountId: 'bob' });
  });

  it('without a time to live stays', async () => {
    const tokens = newAdapter()('InitialAccessToken');
    await tokens.upsert('t', { jti: 't' });
    now = addSeconds(start, 1e9);
    await sweepExpired(test.database, now, 100);
    expect(await tokens.find('t')).toEqual({ jti: 't' });
  });
});

describe('an Interaction', () => {
  const stored = (jti: string): AdapterPayload => ({
    jti,
    kind: 'Interaction',
    exp: 2,
    returnTo: `https://id.example/auth/${jti}`,
    params: { state: 's' },
    grantId: 'g',
    session: { accountId: 'ann', uid: 'session-uid', cookie: 'the-session-cookie' },
    parJti: 'the-par',
    deviceCode: 'the-device-code',
  });

  it('is found again but for the session cookie; other artefacts it names become handles that work', async () => {
    const adapter = newAdapter();
    const jti = newValue();
    await adapter('PushedAuthorizationRequest').upsert('the-par', { jti: 'the-par', request: 'r' }, 60);
    await adapter('DeviceCode').upsert('the-device-code', { jti: 'the-device-code', userCode: 'ABCD' }, 60);
    await adapter('Interaction').upsert(jti, stored(jti), 60);
    const found = (await adapter('Interaction').find(jti)) as AdapterPayload;
    const handles = { parJti: expect.stringMatching(/^~/), deviceCode: expect.stringMatching(/^~/) };
    expect(found).toEqual({ ...stored(jti), session: { accountId: 'ann', uid: 'session-uid' }, ...handles });
    expect(await adapter('PushedAuthorizationRequest').find(found.parJti as string)).toEqual({ jti: found.parJti, request: 'r' });
    expect(await adapter('DeviceCode').find(found.deviceCode as string)).toMatchObject({ userCode: 'ABCD' });
    await adapter('PushedAuthorizationRequest').consume(found.parJti as string);
    expect(await adapter('PushedAuthorizationRequest').find('the-par')).toMatchObject({ consumed: 1893456000 });

    await adapter('Interaction').upsert(jti, found, 60);
    expect(await adapter('Interaction').find(jti)).toEqual(found);
    const text = await storedText();
    for (const value of [jti, 'the-session-cookie', 'the-par', 'the-device-code', found.parJti as string])
      expect(text).not.toContain(value);
  });

  it('hands out handles that no other process and no other model takes', async () => {
    const adapter = newAdapter();
    await adapter('Session').upsert('s', { jti: 's', uid: 'u' }, 60);
    await adapter('AccessToken').upsert('s', { jti: 's' }, 60);
    const handle = ((await adapter('Session').findByUid('u')) as AdapterPayload).jti as string;
    expect(await adapter('Session').find(handle)).toBeDefined();
    expect(await newAdapter()('Session').find(handle)).toBeUndefined();
    expect(await adapter('AccessToken').find(handle)).toBeUndefined();
  });

  it('survives the revocation of the grant it talks about', async () => {
    const adapter = newAdapter();
    await adapter('Interaction').upsert('i', stored('i'), 60);
    await adapter('AccessToken').revokeByGrantId('g');
    expect(await adapter('Interaction').find('i')).toBeDefined();
  });
});

describe('secondary look-ups', () => {
  it('find a session by uid; what is saved or destroyed then is that session', async () => {
    const session = newAdapter()('Session');
    await session.upsert('cookie', { jti: 'cookie', uid: 'u', accountId: 'ann' }, 60);
    const found = (await session.findByUid('u')) as AdapterPayload;
    expect(found).toMatchObject({ uid: 'u', accountId: 'ann' });
    await session.upsert(found.jti as string, { ...found, accountId: 'bob' }, 60);
    expect(await session.find('cookie')).toEqual({ jti: 'cookie', uid: 'u', accountId: 'bob' });
    await session.destroy(found.jti as string);
    expect(await session.find('cookie')).toBeUndefined();
    expect(await session.findByUid('u')).toBeUndefined();
  });

  it('find the later of two sessions that were renewed at once', async () => {
    const session = newAdapter()('Session');
    await session.upsert('a', { jti: 'a', uid: 'u', loginTs: 1 }, 60);
    await session.upsert('b', { jti: 'b', uid: 'u', loginTs: 2 }, 61);
    expect(await session.findByUid('u')).toMatchObject({ loginTs: 2 });
  });

  it('find a device code by its user code', async () => {
    const codes = newAdapter()('DeviceCode');
    await codes.upsert('d', { jti: 'd', userCode: 'ABCD', clientId: 'wiki' }, 60);
    const found = (await codes.findByUserCode('ABCD')) as AdapterPayload;
    await codes.upsert(found.jti as string, { ...found, accountId: 'ann' }, 60);
    expect(await codes.find('d')).toEqual({ jti: 'd', userCode: 'ABCD', clientId: 'wiki', accountId: 'ann' });
    expect(await codes.findByUserCode('ABC\0')).toBeUndefined();
  });
});

describe('consuming', () => {
  it.each(['AuthorizationCode', 'RefreshToken', 'DeviceCode'])('%s: one of 20 at once wins, and the grant is revoked', async (kind) => {
    const adapter = newAdapter();
    await adapter('Grant').upsert('g', { jti: 'g', accountId: 'ann' }, 60);
    await adapter('Grant').upsert('other', { jti: 'other' }, 60);
    await adapter('AccessToken').upsert('at', { jti: 'at', grantId: 'g' }, 60);
    await adapter(kind).upsert('c', { jti: 'c', grantId: 'g' }, 60);
    const outcomes = await inParallel(20, () => adapter(kind).consume('c'));
    const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(refusals).toHaveLength(19);
    for (const refusal of refusals) expect(refusal).toBeInstanceOf(errors.InvalidGrant);
    expect(await adapter('AccessToken').find('at')).toBeUndefined();
    expect(await adapter('Grant').find('g')).toBeUndefined();
    expect(await adapter('Grant').find('other')).toBeDefined();
  });

  it('a pushed request: the second is told that its request_uri was used', async () => {
    const requests = newAdapter()('PushedAuthorizationRequest');
    await requests.upsert('p', { jti: 'p' }, 60);
    await requests.consume('p');
    await expect(requests.consume('p')).rejects.toBeInstanceOf(errors.InvalidRequestUri);
    await expect(requests.consume('never there')).rejects.toBeInstanceOf(errors.InvalidRequestUri);
  });

  it('is told by find in whole seconds, and is not undone by a later save', async () => {
    const codes = newAdapter()('DeviceCode');
    await codes.upsert('c', { jti: 'c', clientId: 'wiki' }, 60);
    await codes.consume('c');
    expect(await codes.find('c')).toEqual({ jti: 'c', clientId: 'wiki', consumed: 1893456000 });
    await codes.upsert('c', { jti: 'c', clientId: 'wiki' }, 60);
    expect(await codes.find('c')).toMatchObject({ consumed: 1893456000 });
  });
});

describe('ends', () => {
  it('hides what has expired from every look-up, at the very instant', async () => {
    const adapter = newAdapter();
    await adapter('Session').upsert('s', { jti: 's', uid: 'u' }, 60);
    await adapter('DeviceCode').upsert('d', { jti: 'd', userCode: 'ABCD' }, 60);
    const found = () =>
      Promise.all([adapter('Session').find('s'), adapter('Session').findByUid('u'), adapter('DeviceCode').findByUserCode('ABCD')]);
    now = new Date(addSeconds(start, 60).getTime() - 1);
    expect(await found()).not.toContain(undefined);
    now = addSeconds(start, 60);
    expect(await found()).toEqual([undefined, undefined, undefined]);
  });

  it('sweeps what has expired, in batches, and nothing else', async () => {
    const tokens = newAdapter()('AccessToken');
    for (let index = 0; index < 5; index += 1) await tokens.upsert(`old${index}`, { jti: `old${index}` }, 10);
    await tokens.upsert('new', { jti: 'new' }, 60);
    expect(await sweepExpired(test.database, addSeconds(start, 10), 2)).toBe(5);
    expect(await sweepExpired(test.database, addSeconds(start, 10), 2)).toBe(0);
    expect(await tokens.find('new')).toBeDefined();
  });

  it('revokes everything of one grant, of all models, also when asked five times at once', async () => {
    const adapter = newAdapter();
    const kinds = [
      'AccessToken',
      'AuthorizationCode',
      'RefreshToken',
      'DeviceCode',
      'BackchannelAuthenticationRequest',
      'PreAuthorizedCode',
    ];
    for (const kind of kinds) {
      for (let index = 0; index < 20; index += 1) await adapter(kind).upsert(`${index}`, { jti: `${index}`, grantId: 'g' }, 60);
      await adapter(kind).upsert('kept', { jti: 'kept', grantId: 'other' }, 60);
    }
    const outcomes = await inParallel(5, () => adapter('AccessToken').revokeByGrantId('g'));
    expect(outcomes.map(({ status }) => status)).toEqual(Array(5).fill('fulfilled'));
    for (const kind of kinds) {
      expect(await adapter(kind).find('7')).toBeUndefined();
      expect(await adapter(kind).find('kept')).toBeDefined();
    }
  });
});

describe('clients', () => {
  it('are looked up elsewhere and never written', async () => {
    const clients = newAdapter()('Client');
    expect(await clients.find('wiki')).toEqual({ client_id: 'wiki' });
    expect(await clients.find('unknown')).toBeUndefined();
    expect(await clients.find('wiki\0')).toBeUndefined();
    await expect(clients.upsert('wiki', {}, 1)).rejects.toThrow(/registered by the operator/);
    await expect(clients.destroy('wiki')).rejects.toThrow();
  });
});

it('refuses characters that PostgreSQL cannot keep as a mistake of the request', async () => {
  const adapter = newAdapter();
  for (const text of ['\0', 'a\\\0', '\ud800', 'x\udc00']) {
    const saved = adapter('Interaction').upsert('i', { jti: 'i', params: { deep: [{ [`k${text}`]: text }] } }, 60);
    await expect(saved).rejects.toBeInstanceOf(errors.InvalidRequest);
  }
  await adapter('Interaction').upsert('i', { jti: 'i', params: { state: '\\u0000 \\\\ud800 😀' } }, 60);
  expect(await adapter('Interaction').find('i')).toMatchObject({ params: { state: '\\u0000 \\\\ud800 😀' } });
});

import type { AdapterPayload } from 'oidc-provider';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { secureRandom } from '../../src/lib/random.ts';
import { createAdapter, sweepExpired } from '../../src/oidc/adapter.ts';
import { createAccountSessions } from '../../src/oidc/sessions.ts';
import { createTestDatabase } from '../support/database.ts';

const start = new Date('2030-01-01T00:00:00Z');
const day = 24 * 60 * 60;
let now = start;
let scratch: Awaited<ReturnType<typeof createTestDatabase>>;

beforeAll(async () => {
  scratch = await createTestDatabase();
});
beforeEach(async () => {
  now = start;
  await scratch.database.raw('delete from guestlist.oidc_payload');
});
afterAll(() => scratch?.drop());

const adapterOf = (kind: string) =>
  createAdapter({ database: scratch.database, clock: () => now, random: secureRandom, findClient: async () => undefined })(kind);

/** What is kept of somebody who is signed in to one app. */
function signInOf(accountId: string, name: string) {
  const grantId = `grant-${name}`;
  const bound = { accountId, grantId, clientId: 'wiki', sessionUid: `uid-${name}` };
  return {
    Session: { accountId, uid: `uid-${name}`, authorizations: { wiki: { grantId, sid: `sid-${name}` }, bare: {} } },
    Grant: { accountId, clientId: 'wiki' },
    RefreshToken: bound,
    AccessToken: bound,
    AuthorizationCode: bound,
  };
}

const keyOf = (kind: string, name: string) => (kind === 'Grant' ? `grant-${name}` : `${kind}-${name}`);

async function store(accountId: string, name: string): Promise<void> {
  for (const [kind, payload] of Object.entries(signInOf(accountId, name)))
    await adapterOf(kind).upsert(keyOf(kind, name), { ...payload, kind, jti: keyOf(kind, name) }, 14 * day);
}

async function found(name: string): Promise<string[]> {
  const kinds = Object.keys(signInOf('', ''));
  const payloads = await Promise.all(kinds.map((kind) => adapterOf(kind).find(keyOf(kind, name))));
  return kinds.filter((_, index) => payloads[index] !== undefined);
}

const all = ['Session', 'Grant', 'RefreshToken', 'AccessToken', 'AuthorizationCode'];

async function end(accountId: string, keptUid?: string): Promise<void> {
  const clock = () => now;
  const logouts = { database: scratch.database, clock, send: async () => undefined, onTold: () => undefined };
  const sessions = createAccountSessions({ provider: undefined as never, issuer: 'https://op.example.org', clock, logouts });
  await scratch.database.transaction((trx) => sessions.end(trx, { accountId, keptUid }));
}

test('everything of one account ends, and nothing of another', async () => {
  await store('ada', 'phone');
  await store('ada', 'desk');
  await store('ben', 'ben');
  expect(await found('phone')).toEqual(all);
  await end('ada');
  expect([await found('phone'), await found('desk'), await found('ben')]).toEqual([[], [], all]);
});

test('one session can stay, with what is under it', async () => {
  await store('ada', 'phone');
  await store('ada', 'desk');
  await end('ada', 'uid-desk');
  expect([await found('phone'), await found('desk')]).toEqual([[], all]);
});

test('what a request under way writes back counts for nothing, also of grants made meanwhile, for as long as any of it could live', async () => {
  await store('ada', 'phone');
  await end('ada');
  await store('ada', 'phone');
  expect(await found('phone')).toEqual(['Grant']);
  expect(await adapterOf('Session').findByUid('uid-phone')).toBeUndefined();
  now = new Date(start.getTime() + 179 * day * 1000);
  await sweepExpired(scratch.database, now, 100);
  await store('ada', 'phone');
  expect(await found('phone')).toEqual(['Grant']);
});

test('sign-ins that were answered end, and those that are open or another’s stay', async () => {
  const interactions = {
    answered: { result: { login: { accountId: 'ada' } } },
    further: { lastSubmission: { login: { accountId: 'ada' } }, prompt: { name: 'invitation' } },
    open: { prompt: { name: 'login' } },
    others: { result: { login: { accountId: 'ben' } } },
  };
  const adapter = adapterOf('Interaction');
  for (const [name, payload] of Object.entries(interactions))
    await adapter.upsert(name, { ...payload, kind: 'Interaction' } as AdapterPayload, day);
  await end('ada');
  const left = await Promise.all(Object.keys(interactions).map((name) => adapter.find(name)));
  expect(left.map((payload) => payload !== undefined)).toEqual([false, false, true, true]);
});

test('ending is quick among many sign-ins of others', async () => {
  await scratch.database.raw(`insert into guestlist.oidc_payload (kind, id, payload, uid, grant_id, expires_at)
    select kind, kind || n, jsonb_build_object('accountId', 'account-' || n, 'uid', n::text), case kind when 'Session' then n::text end,
      case kind when 'RefreshToken' then 'Grant' || n end, '2031-01-01'
    from generate_series(1, 20000) n, unnest(array['Session', 'Grant', 'RefreshToken', 'Interaction']) kind`);
  await scratch.database.raw('analyze guestlist.oidc_payload');
  const plans = [
    `delete from guestlist.oidc_payload where kind = 'Session' and payload ->> 'accountId' = 'account-7'`,
    `delete from guestlist.oidc_payload where kind = 'Grant' and payload ->> 'accountId' = 'account-7'`,
    `delete from guestlist.oidc_payload where kind = 'Interaction'
      and coalesce(payload #>> '{result,login,accountId}', payload #>> '{lastSubmission,login,accountId}') = 'account-7'`,
  ];
  for (const statement of plans) {
    const { rows } = await scratch.database.raw(`explain ${statement}`);
    expect(rows.map((row: Record<string, string>) => row['QUERY PLAN']).join('\n')).toMatch(/oidc_payload_(account|sign_in)/);
  }
});

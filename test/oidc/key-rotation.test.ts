/**
 * Keys that change while people sign in: two servers on one database behind one address, with clocks that differ, and
 * apps that keep the keys in their own ways. Every token is verified by all of them.
 */
import { createLocalJWKSet, decodeProtectedHeader, errors, type JSONWebKeySet, jwtVerify } from 'jose';
import * as oidc from 'openid-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SigningAlgorithm, signingAlgorithms } from '../../src/client/client.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { createSeal } from '../../src/lib/seal.ts';
import { jwksCacheSeconds, noticeSeconds, retireSeconds, waitSeconds } from '../../src/oidc/key-state.ts';
import { rotateKeys, summarizeKeys, tendKeys } from '../../src/oidc/rotation.ts';
import { createBrowser } from '../support/browser.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testSecret } from '../support/mail.ts';
import { join, signIn } from '../support/people.ts';
import { createRelyingApp, type RelyingApp } from '../support/relying-app.ts';
import { openSocket, startTestServer, type TestServer } from '../support/server.ts';

const email = 'ada@example.org';
const resource = 'https://api.example.org/';
/** How far the second server's clock is behind. */
const lag = 20;

let testDatabase: TestDatabase;
let front: Awaited<ReturnType<typeof openSocket>>;
let servers: [TestServer, TestServer];
let issuer: string;
const apps = new Map<SigningAlgorithm, RelyingApp>();

beforeAll(async () => {
  testDatabase = await createTestDatabase({ poolSize: 20 });
  front = await openSocket();
  issuer = `http://localhost:${front.port}`;
  const one = await startTestServer({ on: testDatabase, issuer });
  servers = [one, await startTestServer({ on: testDatabase, issuer })];
  servers[1].pass(-lag);
  let count = 0;
  // Each request may meet the other server, in the middle of a sign-in as well.
  front.serve((request, response) => {
    count += 1;
    servers[count % 2 === 0 ? 0 : 1].app.listener(request, response);
  });
  await one.addGroup('choir');
  for (const signingAlg of signingAlgorithms) {
    apps.set(signingAlg, await createRelyingApp(one, { id: `app-${signingAlg.toLowerCase()}`, signingAlg, resources: [resource] }));
  }
  await join(createBrowser(issuer), (await one.guestlist.invite({ groups: ['choir'] })).url, { email });
});
afterAll(async () => {
  await front?.close();
  for (const server of servers ?? []) await server.close();
  await testDatabase?.drop();
});

const now = () => servers[0].now();
const pass = (seconds: number) => {
  for (const server of servers) server.pass(seconds);
};
const keyTools = () => ({ database: testDatabase.database, seal: createSeal(testSecret, secureRandom), clock: now, random: secureRandom });

async function fetchKeys(): Promise<{ readonly keys: JSONWebKeySet; readonly maxAge: number }> {
  const response = await fetch(`${issuer}/jwks`);
  expect(response.status).toBe(200);
  const maxAge = Number(/^public, max-age=(\d+)$/.exec(response.headers.get('cache-control') ?? '')?.[1]);
  return { keys: (await response.json()) as JSONWebKeySet, maxAge };
}

const kidsOf = ({ keys }: JSONWebKeySet) => keys.map(({ kid }) => kid ?? '');

type KeyKeeping = { readonly name: string; readonly lookAgain: boolean; readonly keepSeconds: (maxAge: number) => number };

const keepings: readonly KeyKeeping[] = [
  { name: 'as long as the answer allows', lookAgain: false, keepSeconds: (maxAge) => maxAge },
  { name: 'as long as the answer allows, and looks again for an unknown key', lookAgain: true, keepSeconds: (maxAge) => maxAge },
  { name: 'for a day, whatever the answer says', lookAgain: false, keepSeconds: () => 86_400 },
  { name: 'for ever, until there is an unknown key', lookAgain: true, keepSeconds: () => Number.POSITIVE_INFINITY },
];

/** An app's verification of a token, by the server's clock; what it keeps is as old as it may be. */
function createVerifier({ name, lookAgain, keepSeconds }: KeyKeeping) {
  let kept: { readonly keys: JSONWebKeySet; readonly maxAge: number; readonly at: number } | undefined;
  const look = async () => {
    kept = { ...(await fetchKeys()), at: now().getTime() };
    return kept;
  };
  const verify = async (token: string, options: { readonly audience: string; readonly algorithm: string }) => {
    const isFresh = kept !== undefined && now().getTime() - kept.at < keepSeconds(kept.maxAge) * 1000;
    const { keys } = isFresh && kept ? kept : await look();
    const { kid = '' } = decodeProtectedHeader(token);
    const known = !kidsOf(keys).includes(kid) && lookAgain ? (await look()).keys : keys;
    await jwtVerify(token, createLocalJWKSet(known), { issuer, audience: options.audience, algorithms: [options.algorithm] });
    return kid;
  };
  return { name, verify };
}

type Verifier = ReturnType<typeof createVerifier>;

async function signInAt(algorithm: SigningAlgorithm) {
  const app = apps.get(algorithm) as RelyingApp;
  const browser = createBrowser(issuer);
  const flow = await app.begin({ resource });
  const tokens = await flow.finish(await signIn(browser, await browser.open(flow.url), { email }));
  return { app, browser, idToken: tokens.id_token ?? '', accessToken: tokens.access_token };
}

/** Signs somebody in, has every app verify what came of it, and returns the key's id. */
async function signInAndVerify(algorithm: SigningAlgorithm, verifiers: readonly Verifier[]): Promise<string> {
  const { app, idToken, accessToken } = await signInAt(algorithm);
  const audience = app.config.clientMetadata().client_id;
  for (const { verify } of verifiers) {
    await verify(idToken, { audience, algorithm });
    await verify(accessToken, { audience: resource, algorithm });
  }
  return decodeProtectedHeader(idToken).kid ?? '';
}

type Load = { readonly kids: Map<SigningAlgorithm, Set<string>>; count: number; readonly failures: unknown[] };

/** One person after the other at each app, without a pause, while the clock walks in small steps. */
async function underLoad(
  load: Load,
  verifiers: readonly Verifier[],
  { steps, stepSeconds }: { readonly steps: number; readonly stepSeconds: number },
) {
  let isOver = false;
  const people = signingAlgorithms.map(async (algorithm) => {
    while (!isOver) {
      try {
        const kid = await signInAndVerify(algorithm, verifiers);
        load.kids.set(algorithm, (load.kids.get(algorithm) ?? new Set()).add(kid));
        load.count += 1;
      } catch (error) {
        load.failures.push(error);
      }
    }
  });
  for (let step = 0; step < steps; step += 1) {
    const before = load.count;
    await expect.poll(() => load.count + load.failures.length, { timeout: 10_000, interval: 5 }).toBeGreaterThanOrEqual(before + 3);
    pass(stepSeconds);
  }
  isOver = true;
  await Promise.all(people);
  expect(load.failures).toEqual([]);
}

/** To so many seconds before an instant. */
function passTo(instant: Date, secondsBefore: number): void {
  pass((instant.getTime() - now().getTime()) / 1000 - secondsBefore);
}

test('discovery names the four algorithms, and there is one key of each', async () => {
  const { keys, maxAge } = await fetchKeys();
  expect(maxAge).toBe(jwksCacheSeconds);
  expect(keys.keys.map(({ alg, use }) => [alg, use])).toEqual(signingAlgorithms.map((algorithm) => [algorithm, 'sig']));
  for (const key of keys.keys) expect(Object.keys(key)).not.toEqual(expect.arrayContaining(['d']));
  const metadata = apps.get('RS256')?.config.serverMetadata();
  expect(metadata?.id_token_signing_alg_values_supported).toEqual([...signingAlgorithms]);
});

test.each(signingAlgorithms)('an app for %s gets ID tokens and JWT access tokens that are signed so', async (algorithm) => {
  const { idToken, accessToken } = await signInAt(algorithm);
  expect([idToken, accessToken].map((token) => decodeProtectedHeader(token).alg)).toEqual([algorithm, algorithm]);
  await signInAndVerify(algorithm, keepings.map(createVerifier));
});

describe('a whole rotation under constant sign-ins', () => {
  const load: Load = { kids: new Map(), count: 0, failures: [] };
  const verifiers = keepings.map(createVerifier);
  const walk = { steps: 8, stepSeconds: 20 };
  let before: string[];

  test('is noticed by no app, and no sign-in fails', { timeout: 120_000 }, async () => {
    before = kidsOf((await fetchKeys()).keys);
    await underLoad(load, verifiers, { steps: 1, stepSeconds: 1 });
    const [first] = await rotateKeys(keyTools());
    const signsFrom = first?.signsFrom as Date;
    expect(signsFrom.getTime() - now().getTime()).toBeLessThanOrEqual(waitSeconds * 1000);
    await underLoad(load, verifiers, walk);
    expect(kidsOf((await fetchKeys()).keys)).toHaveLength(8);
    for (const kids of load.kids.values()) expect(kids.size).toBe(1);

    passTo(signsFrom, walk.stepSeconds * 3);
    await underLoad(load, verifiers, walk);
    for (const [algorithm, kids] of load.kids) expect({ algorithm, kids: kids.size }).toEqual({ algorithm, kids: 2 });

    const ends = (await summarizeKeys(testDatabase.database, now())).find(({ state }) => state === 'retiring')?.publishedUntil as Date;
    expect(ends).toEqual(new Date(signsFrom.getTime() + retireSeconds * 1000));
    passTo(ends, walk.stepSeconds * 3);
    await underLoad(load, verifiers, walk);
    await tendKeys(keyTools(), { rotationDays: 0 });
    await underLoad(load, verifiers, { steps: 4, stepSeconds: 20 });

    expect(load.count).toBeGreaterThan(80);
    const after = kidsOf((await fetchKeys()).keys);
    expect(after).toHaveLength(4);
    expect(after.filter((kid) => before.includes(kid))).toEqual([]);
    for (const server of servers) expect(server.log.filter((line) => /"level":(50|60|"error")/.test(line))).toEqual([]);
  });

  test('leaves no private part of the old keys behind', async () => {
    const { rows } = await testDatabase.database.raw(
      `select id, sealed is null as forgotten from guestlist.server_key where purpose = 'signing' and id = any(?)`,
      [before],
    );
    expect(rows.map(({ forgotten }: { forgotten: boolean }) => forgotten)).toEqual([true, true, true, true]);
  });
});

describe('what was begun before the keys turn', () => {
  test('goes on after it: the page of a sign-in, a code, a session, a refresh token', async () => {
    const app = apps.get('RS256') as RelyingApp;
    const [atPage, atCode, withSession] = [createBrowser(issuer), createBrowser(issuer), createBrowser(issuer)];
    const signedIn = await app.begin({ scope: 'openid offline_access' });
    const tokens = await signedIn.finish(await signIn(withSession, await withSession.open(signedIn.url), { email }));
    const [turn] = await rotateKeys(keyTools(), { algorithms: ['RS256'] });
    passTo(turn?.signsFrom as Date, 30);
    await signIn(withSession, await withSession.open((await app.begin({ prompt: 'login' })).url), { email });

    const [page, code] = [await app.begin(), await app.begin()];
    const form = await atPage.open(page.url);
    const brought = await signIn(atCode, await atCode.open(code.url), { email });
    pass(30 + lag);
    const verifiers = keepings.map(createVerifier);
    const kids = await Promise.all([
      code.finish(brought),
      signIn(atPage, form, { email }).then((rest) => page.finish(rest)),
      app.signInSilently(withSession),
      oidc.refreshTokenGrant(app.config, tokens.refresh_token ?? ''),
    ]).then((all) =>
      Promise.all(all.map(({ id_token = '' }) => verifiers[0]?.verify(id_token, { audience: 'app-rs256', algorithm: 'RS256' }))),
    );
    expect(kids).toEqual([turn?.id, turn?.id, turn?.id, turn?.id]);
  });

  test('an ID token of the old key is a hint for signing out as long as that is published, and none afterwards', async () => {
    const { app, idToken } = await signInAt('ES256');
    const signOut = () =>
      createBrowser(issuer).open(
        oidc.buildEndSessionUrl(app.config, { id_token_hint: idToken, post_logout_redirect_uri: 'https://app-es256.example.org/' }).href,
      );
    const [turn] = await rotateKeys(keyTools(), { algorithms: ['ES256'] });
    passTo(turn?.signsFrom as Date, -2 * lag);
    expect(decodeProtectedHeader((await signInAt('ES256')).idToken).kid).toBe(turn?.id);
    expect((await signOut()).status).toBe(200);
    pass(retireSeconds - 4 * lag);
    expect((await signOut()).status).toBe(200);
    pass(4 * lag);
    expect((await signOut()).status).toBe(400);
  });
});

describe('after a compromise', () => {
  test('the old keys are gone within a minute, what they signed is refused, and new tokens are verified', async () => {
    const stolen = await signInAt('PS256');
    const audience = 'app-ps256';
    const [strict, curious] = keepings.map(createVerifier) as [Verifier, Verifier];
    const old = await strict.verify(stolen.idToken, { audience, algorithm: 'PS256' });
    await curious.verify(stolen.idToken, { audience, algorithm: 'PS256' });
    const [turn] = await rotateKeys(keyTools(), { algorithms: ['PS256'], atOnce: true });
    pass(noticeSeconds + 1);
    const kids = kidsOf((await fetchKeys()).keys);
    expect(kids).toContain(turn?.id);
    expect(kids).not.toContain(old);

    const { idToken } = await signInAt('PS256');
    expect(await curious.verify(idToken, { audience, algorithm: 'PS256' })).toBe(turn?.id);
    await expect(curious.verify(stolen.idToken, { audience, algorithm: 'PS256' })).rejects.toThrow(errors.JWKSNoMatchingKey);
    // What it costs: an app that does not look again refuses newcomers, until its copy is too old.
    await expect(strict.verify(idToken, { audience, algorithm: 'PS256' })).rejects.toThrow(errors.JWKSNoMatchingKey);
    pass(jwksCacheSeconds);
    expect(await strict.verify(idToken, { audience, algorithm: 'PS256' })).toBe(turn?.id);
    await expect(strict.verify(stolen.idToken, { audience, algorithm: 'PS256' })).rejects.toThrow(errors.JWKSNoMatchingKey);
    const hint = oidc.buildEndSessionUrl(stolen.app.config, { id_token_hint: stolen.idToken });
    expect((await createBrowser(issuer).open(hint.href)).status).toBe(400);
  });
});

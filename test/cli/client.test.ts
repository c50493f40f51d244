/** Relying apps, by command: every setting, secrets that overlap, what one hears, and what would go wrong. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createBrowser } from '../support/browser.ts';
import { join } from '../support/people.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { commandLine, settingsFor, ways } from './guestlist.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let server: TestServer;
let settings: Readonly<Record<string, string>>;
const folder = mkdtempSync(joinPath(tmpdir(), 'guestlist-'));
const { guestlist, lines, json } = commandLine(() => settings);

afterAll(() => rmSync(folder, { recursive: true }));

describe.each(ways)('%s', (way) => {
  beforeAll(async () => {
    server = await startTestServer();
    settings = await settingsFor(way, server);
    for (const slug of ['choir', 'board']) await server.addGroup(slug, { name: `Group ${slug}` });
    await join(createBrowser(server.issuer), (await server.guestlist.invite({ groups: ['choir'] })).url, { email: 'ada@example.org' });
  });
  afterAll(() => server?.close());

  it('an app is registered with every setting, changed, shown, listed and removed', async () => {
    const claims = file('claims.json', [
      { name: 'teams', source: 'groups', format: 'space', where: ['id_token'], trigger: { always: true } },
    ]);
    const { client_secret: secret } = await json(
      'client',
      'add',
      'wiki',
      '--redirect-uri',
      'https://wiki.example.org/cb',
      '--auth-method',
      'client_secret_post',
      '--required-group',
      'choir',
      '--attach-group',
      'board',
      '--pairwise',
      '--without-pkce',
      'its library is old',
      '--id-token-lasts',
      '5m',
      '--access-token-lasts',
      '30m',
      '--no-refresh',
      '--claims',
      claims,
      '--start-url',
      'https://wiki.example.org/',
      '--initiate-login-uri',
      'https://wiki.example.org/login',
      '--backchannel-logout-uri',
      'https://wiki.example.org/logout',
      '--resource',
      'https://api.example.org/',
    );
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect(await json('client', 'show', 'wiki')).toMatchObject({
      authMethod: 'client_secret_post',
      requiredGroup: 'choir',
      attachedGroups: ['board'],
      pairwise: true,
      withoutPkce: 'its library is old',
      grantTypes: ['authorization_code'],
      lifetimes: { idTokenSeconds: 300, accessTokenSeconds: 1_800 },
      mappings: [{ name: 'teams', format: 'space' }],
      startUrl: 'https://wiki.example.org/',
      secrets: [{ createdAt: expect.any(String) }],
    });
    const shown = (await lines('client', 'show', 'wiki')).join('\n');
    expect(shown).toContain('WITHOUT PKCE: its library is old');
    expect(shown).not.toContain(secret);
    expect(
      await json(
        'client',
        'change',
        'wiki',
        '--required-group',
        'none',
        '--without-pkce',
        'none',
        '--claims',
        'none',
        '--no-pairwise',
        '--attach-group',
        'none',
        '--resource',
        'none',
        ...['--start-url', '--initiate-login-uri', '--backchannel-logout-uri'].flatMap((option) => [option, 'none']),
        '--refresh',
        '--refresh-token-lasts',
        '1d',
      ),
    ).toMatchObject({
      ...{ pairwise: false, attachedGroups: [], resources: [], grantTypes: ['authorization_code', 'refresh_token'] },
      lifetimes: { idTokenSeconds: 300, accessTokenSeconds: 1_800, refreshTokenSeconds: 86_400 },
    });
    const changed = await json('client', 'show', 'wiki');
    for (const setting of ['requiredGroup', 'withoutPkce', 'mappings', 'startUrl', 'initiateLoginUri', 'backchannelLogoutUri'])
      expect(changed).not.toHaveProperty(setting);
    expect((await lines('client', 'list')).join('\n')).toContain('wiki  wiki  client_secret_post');
    await lines('client', 'remove', 'wiki');
    expect(await guestlist('client', 'show', 'wiki')).toMatchObject({ exitCode: 1 });
  });

  it('an app that acts for itself has a secret, and nowhere to come back to', async () => {
    const { client_secret: secret } = await json('client', 'add', 'automation', '--service', '--scope', 'groups:read');
    expect(await json('client', 'show', 'automation')).toMatchObject({ grantTypes: ['client_credentials'], redirectUris: [] });
    const response = await fetch(`${server.issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`automation:${secret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'groups:read', resource: `${server.issuer}/api` }),
    });
    expect(await response.json()).toMatchObject({ scope: 'groups:read', token_type: 'Bearer' });
    await lines('client', 'remove', 'automation');
  });

  it('secrets overlap for a while, or end at once', async () => {
    const { client_secret: first } = await json('client', 'add', 'cloud', '--redirect-uri', 'https://cloud.example.org/cb');
    const next = await json('client', 'rotate-secret', 'cloud', '--overlap', '2d');
    expect(next.client_secret).not.toBe(first);
    expect((await json('client', 'show', 'cloud')).secrets).toMatchObject([{}, { endsAt: expect.any(String) }]);
    await json('client', 'rotate-secret', 'cloud', '--now');
    expect((await json('client', 'show', 'cloud')).secrets).toHaveLength(1);
    await json('client', 'add', 'phone', '--public', '--redirect-uri', 'org.example.phone:/cb');
    expect(await guestlist('client', 'rotate-secret', 'phone')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/without a secret/),
    });
  });

  it('the tokens of a person are shown before anybody signs in, and what would go wrong is told', async () => {
    const claims = file('mapped.json', [
      { name: 'policy', source: 'groups', value: { kind: 'name' }, format: 'comma', where: ['id_token'], trigger: { scopes: ['policy'] } },
    ]);
    await json('client', 'add', 'store', '--redirect-uri', 'https://store.example.org/cb', '--claims', claims);
    const shown = await json('client', 'preview', 'store', 'ada@example.org');
    expect(shown.idToken.payload).toMatchObject({ iss: server.issuer, aud: 'store' });
    expect(shown.idToken.payload).not.toHaveProperty('groups');
    const asked = await json('client', 'preview', 'store', 'ada@example.org', '--claims', '{"id_token":{"policy":null}}');
    expect(asked.idToken.payload).toMatchObject({ policy: 'Group choir' });
    expect((await lines('client', 'preview', 'store', 'ada@example.org')).join('\n')).toMatch(
      /^ID token:\n\{[\s\S]*UserInfo:[\s\S]*opaque/,
    );
    expect(await lines('client', 'lint', 'store')).toEqual(
      expect.arrayContaining([expect.stringMatching(/^warning: .*claims parameter/), expect.stringMatching(/^warning: .*display names/)]),
    );
    expect(await guestlist('client', 'preview', 'store', 'ada@example.org', '--claims', '[1]')).toMatchObject({ exitCode: 2 });
    expect(await guestlist('client', 'preview', 'nothing', 'ada@example.org')).toMatchObject({ exitCode: 1 });
  });

  it('mistakes are told by their option, and nothing is registered', async () => {
    const add = (...more: string[]) => guestlist('client', 'add', 'wrong', '--redirect-uri', 'https://wrong.example.org/cb', ...more);
    const reserved = file('reserved.json', [{ name: 'sub', source: 'groups', where: ['id_token'], trigger: { always: true } }]);
    const withPrivate = file('private.json', { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'AA', d: 'AA' }] });
    for (const [more, complaint] of [
      [['--auth-method', 'private_key_jwt'], /--jwks-file/],
      [['--auth-method', 'private_key_jwt', '--jwks-file', withPrivate], /private part/],
      [['--claims', reserved], /'--claims' .*name/],
      [['--claims', '/does/not/exist'], /'--claims' must name a file/],
      [['--public', '--without-pkce', 'old'], /withoutPkce|without-pkce/],
      [['--preset', 'nothing'], /'--preset <app>' must be one of/],
      [['--id-token-lasts', '2h'], /'--id-token-lasts'.* 3600 seconds or less|--id-token-lasts must be 3600 seconds or less/],
      [['--refresh-token-lasts', '1y'], /'--refresh-token-lasts <30d>' argument '1y' is invalid/],
      [['--refresh-token-lasts', '50w'], /option '--refresh-token-lasts' must be \d+ or less/],
      [['--required-group', 'No Group'], /option '--required-group' is not written as it must be/],
    ] as const)
      expect(await add(...more), more.join(' ')).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(complaint) });
    expect(await add('--required-group', 'none-such')).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/none-such/) });
    expect(await guestlist('client', 'change', 'wrong')).toMatchObject({ exitCode: 2 });
    expect(await guestlist('client', 'show', 'wrong')).toMatchObject({ exitCode: 1 });
  });
});

function file(name: string, content: unknown): string {
  const path = joinPath(folder, name);
  writeFileSync(path, JSON.stringify(content));
  return path;
}

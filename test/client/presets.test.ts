import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import Provider, { type Adapter } from 'oidc-provider';
import { describe, expect, it } from 'vitest';
import { claimFormats } from '../../src/client/claim-format.ts';
import { type ClaimFacts, mapClaims } from '../../src/client/claim-mapping.ts';
import { userScopes } from '../../src/client/client.ts';
import { lintMappings } from '../../src/client/mapping-lint.ts';
import { type ClaimMapping, claimMappingsSchema } from '../../src/client/mapping-schema.ts';
import { appsPage } from '../../src/client/preset-page.ts';
import { endpointsOf, secretPlaceholder } from '../../src/client/preset-quote.ts';
import { findPreset, needsBaseUrl, type Preset, presets, settingsOf, snippetOf } from '../../src/client/presets.ts';
import { complaintAbout } from '../../src/oidc/client-check.ts';
import { providerRoutes } from '../../src/oidc/provider.ts';
import { asksForAll, mapping, nobody, personIn, personOf } from './facts.ts';
import { jellyfinRoles, jmesPath, readers, type Told, vaultGroups } from './readers.ts';

const all: readonly (readonly [string, Preset])[] = presets.map((preset) => [preset.name, preset]);
const readingApps = all.filter(([, { reads }]) => reads);
const values = { issuer: 'https://id.example.org', clientId: 'my-app', baseUrl: 'https://apps.example.org/here' };

/** What a person in these groups is for the app; elsewhere the same as for us. */
const inTheApp: Readonly<Record<string, (slug: string) => string>> = {
  kubernetes: (slug) => `oidc:${slug}`,
  'proxmox-ve': (slug) => `${slug}-guestlist`,
  minio: (slug) => ({ 'minio-readers': 'readonly', 'minio-writers': 'readwrite' })[slug] ?? slug,
};

function groupsFor({ id }: Preset): readonly string[] {
  return id === 'minio' ? ['minio-readers', 'minio-writers'] : ['board', 'choir-1'];
}

function expectedBy(preset: Preset): readonly string[] {
  return groupsFor(preset).map(inTheApp[preset.id] ?? ((slug) => slug));
}

function tellApp({ client }: Preset, mappings: readonly ClaimMapping[], facts: ClaimFacts): Told {
  const request = { ...asksForAll, grantedScopes: client.scopes };
  const tell = (use: 'id_token' | 'userinfo') => JSON.parse(JSON.stringify(mapClaims(facts, mappings, { ...request, use })));
  return { idToken: tell('id_token'), userInfo: tell('userinfo') };
}

function readingOf(preset: Preset, mappings: readonly ClaimMapping[], facts = personOf(...groupsFor(preset))) {
  const reading = readers[preset.id]?.(tellApp(preset, mappings, facts));
  return typeof reading === 'string' ? reading : reading?.toSorted();
}

function changed({ mappings }: Preset, knobs: Partial<ClaimMapping>): ClaimMapping[] {
  return mappings.map((one) => ({ ...one, ...knobs }));
}

describe('the presets', () => {
  it('are for many apps, each with a reader, under ids of their own', () => {
    expect(presets.length).toBeGreaterThanOrEqual(14);
    expect(new Set(presets.map(({ id }) => id)).size).toBe(presets.length);
    expect(Object.keys(readers).toSorted()).toEqual(presets.map(({ id }) => id).toSorted());
    expect(findPreset('vault')?.name).toBe('Vault, OpenBao');
    expect(findPreset('toString')).toBeUndefined();
  });
});

describe.each(all)('%s', (_name, preset) => {
  it('has mappings that the schema takes, with which nothing is wrong', () => {
    expect(claimMappingsSchema.parse(preset.mappings)).toEqual(preset.mappings);
    const client = { scopes: preset.client.scopes, hasJwtAccessTokens: false, attachedGroups: [], reads: preset.reads };
    expect(lintMappings(preset.mappings, client, [nobody, personOf(...groupsFor(preset))])).toEqual([]);
  });

  it('can be registered', () => {
    const settings = settingsOf(preset, values.baseUrl)!;
    expect(JSON.stringify(settings)).not.toMatch(/[{][a-z]|\/\/here|here\/\//);
    for (const scope of preset.client.scopes) expect(userScopes).toContain(scope);
    expect(settings.grantTypes.includes('refresh_token')).toBe(preset.client.scopes.includes('offline_access'));
    const metadata = {
      client_id: 'my-app',
      ...(settings.tokenEndpointAuthMethod === 'none' ? {} : { client_secret: 'x'.repeat(64) }),
      token_endpoint_auth_method: settings.tokenEndpointAuthMethod,
      grant_types: [...settings.grantTypes],
      response_types: [...settings.responseTypes],
      redirect_uris: [...settings.redirectUris],
      post_logout_redirect_uris: [...settings.postLogoutRedirectUris],
      ...(settings.initiateLoginUri ? { initiate_login_uri: settings.initiateLoginUri } : {}),
      id_token_signed_response_alg: settings.signingAlg,
      scope: settings.scope,
    };
    expect(complaintAbout(metadata, values.issuer)).toBeUndefined();
  });

  it('has PKCE, or a reason why not; a public client always', () => {
    expect(settingsOf(preset, values.baseUrl)?.requirePkce).toBe(preset.client.withoutPkce === undefined);
    if (preset.client.authMethod === 'none') expect(preset.client.withoutPkce).toBeUndefined();
  });

  it('prints a configuration with a place for the secret where there is one', () => {
    const { text } = snippetOf(preset, values)!;
    expect(text).toContain('id.example.org');
    expect(text).toContain('my-app');
    expect(text.includes(secretPlaceholder)).toBe(preset.client.authMethod !== 'none');
    for (const scope of preset.client.scopes.filter((each) => each !== 'openid' && each !== 'profile')) expect(text).toContain(scope);
  });
});

describe.each(readingApps)('%s reads', (_name, preset) => {
  const reads = preset.reads!;

  it('the groups of a person', () => {
    expect(readingOf(preset, preset.mappings)).toEqual(expectedBy(preset));
  });

  it('nothing of a person in no group; only where the app must have something, there is no sign-in', () => {
    expect(readingOf(preset, preset.mappings, nobody)).toEqual(preset.id === 'minio' ? 'refused' : []);
  });

  it.each(claimFormats)('the format %s if it is said to', (format) => {
    const reading = readingOf(preset, changed(preset, { format }));
    if (reads.formats.includes(format)) expect(reading).toEqual(expectedBy(preset));
    else expect(reading).not.toEqual(expectedBy(preset));
  });

  it.each(['id_token', 'userinfo'] as const)('the %s if it is said to', (use) => {
    const reading = readingOf(preset, changed(preset, { where: [use] }));
    if (reads.where.includes(use)) expect(reading).toEqual(expectedBy(preset));
    else expect(reading).not.toEqual(expectedBy(preset));
  });
});

describe('a list too long for a token', () => {
  const tooLong = (id: string) => readingOf(findPreset(id)!, findPreset(id)!.mappings, personIn(300));

  it('is read from UserInfo by apps that look there', () => {
    for (const id of ['grafana', 'gitlab', 'vault', 'proxmox-ve', 'harbor', 'oauth2-proxy']) expect(tooLong(id)).toHaveLength(300);
  });

  it('is nothing to apps that do not, and no other list', () => {
    for (const id of ['kubernetes', 'argo-cd', 'nextcloud', 'synapse']) expect(tooLong(id)).toEqual([]);
  });
});

describe('what some apps make of it', () => {
  it('Grafana: a role, by the expression that is printed for it', () => {
    const preset = findPreset('grafana')!;
    const expression = /^role_attribute_path = (.*)$/m.exec(snippetOf(preset, values)?.text ?? '')?.[1] ?? '';
    const roleOf = (...groups: readonly string[]) => jmesPath(expression, tellApp(preset, preset.mappings, personOf(...groups)).idToken);
    expect(roleOf('choir', 'grafana-admins')).toBe('Admin');
    expect(roleOf('grafana-editors')).toBe('Editor');
    expect(roleOf('choir')).toBe('Viewer');
    expect(roleOf()).toBe('Viewer');
  });

  it('Vault: no sign-in without the claim, and a pointer into an object', () => {
    const preset = findPreset('vault')!;
    expect(readingOf(preset, changed(preset, { empty: 'absent' }), nobody)).toBe('refused');
    const told = tellApp(preset, mapping({ name: 'resource_access.vault.roles' }), personOf('choir'));
    expect(vaultGroups(told, '/resource_access/vault/roles')).toEqual(['choir']);
  });

  it('Jellyfin: a path with dots', () => {
    const told = tellApp(findPreset('jellyfin')!, mapping({ name: 'realm_access.roles' }), personOf('choir'));
    expect(jellyfinRoles(told, 'realm_access.roles')).toEqual(['choir']);
  });

  it('MinIO: policies of those who are in the table, and no sign-in for others', () => {
    const preset = findPreset('minio')!;
    expect(readingOf(preset, preset.mappings, personOf('choir', 'minio-admins'))).toEqual(['consoleAdmin']);
    expect(readingOf(preset, preset.mappings, personOf('choir'))).toBe('refused');
  });

  it.each([
    ['proxmox-ve', 'has space '],
    ['nextcloud', 'x'.repeat(64)],
    ['kubernetes', 'system:'],
  ])('%s: no group of a name that the lint warns of', (id, prefix) => {
    const preset = findPreset(id)!;
    const mappings = changed(preset, { value: { kind: 'prefix', prefix } });
    const client = { scopes: preset.client.scopes, hasJwtAccessTokens: false, attachedGroups: [], reads: preset.reads };
    expect(lintMappings(mappings, client, [personOf('choir')]).map(({ code }) => code)).toEqual(['value_not_accepted']);
    expect(readingOf(preset, mappings, personOf('choir'))).toEqual(id === 'kubernetes' ? ['oidc:system:choir'] : []);
  });

  it('a comma in a display name makes no second group of a string', () => {
    const preset = findPreset('nextcloud')!;
    const mallory = { memberships: [{ groupId: 'g1', slug: 'mine', name: 'mine,admin', role: 'member', ancestors: [] }], rights: [] };
    expect(readingOf(preset, changed(preset, { value: { kind: 'name' }, format: 'comma' }), mallory)).toEqual([]);
  });
});

describe('the address of an app', () => {
  const redirects = (id: string, baseUrl: string) => settingsOf(findPreset(id)!, baseUrl)?.redirectUris;

  it('is put into the templates, without a slash too many', () => {
    expect(redirects('grafana', 'https://example.org/grafana/')).toEqual(['https://example.org/grafana/login/generic_oauth']);
    expect(redirects('proxmox-ve', 'https://pve.example.org:8006/')).toEqual(['https://pve.example.org:8006']);
    expect(redirects('argo-cd', 'https://cd.example.org')).toEqual([
      'https://cd.example.org/auth/callback',
      'https://cd.example.org/pkce/verify',
      'http://localhost:8085/auth/callback',
    ]);
  });

  it.each(['', 'example.org', 'javascript:alert(1)', 'https://user:pass@example.org', 'https://example.org/?q', 'https://example.org/#x'])(
    'is not %j',
    (address) => {
      expect(redirects('grafana', address)).toBeUndefined();
      expect(snippetOf(findPreset('grafana')!, { ...values, baseUrl: address })).toBeUndefined();
    },
  );

  it('is not needed for kubectl', () => {
    expect(presets.filter((preset) => !needsBaseUrl(preset)).map(({ id }) => id)).toEqual(['kubernetes']);
    expect(redirects('kubernetes', '')).toEqual(['http://localhost:8000', 'http://localhost:18000']);
  });
});

describe('what is printed', () => {
  const hostile = {
    issuer: 'https://id.example.org',
    clientId: `a'b$(id)\`id\`;|&#{1+1}<x>`,
    baseUrl: "https://apps.example.org/it's;$(id)",
  };

  /** Every command of the snippet is a function that tells its arguments, one a line. */
  function argumentsOf(text: string): string[] {
    const functions = ['vault', 'occ', 'gitea', 'pveum', 'kubectl'].map((name) => `${name}() { printf '%s\\n' "$@"; }`);
    const commands = text.replace(/^kube-apiserver/m, 'kubectl');
    return execFileSync('/bin/sh', ['-eu'], { input: `${functions.join('\n')}\n${commands}\n`, encoding: 'utf8' }).split('\n');
  }

  it.each(['vault', 'nextcloud', 'gitea', 'proxmox-ve', 'kubernetes'])('for the shell (%s) is obeyed as it was meant', (id) => {
    const told = argumentsOf(snippetOf(findPreset(id)!, hostile)!.text);
    expect(told.some((argument) => argument.endsWith(hostile.clientId))).toBe(true);
  });

  it.each(['minio', 'outline', 'directus'])('as environment (%s) is read back whole', (id) => {
    const input = `set -a\n${snippetOf(findPreset(id)!, hostile)!.text}\n/usr/bin/env`;
    const told = execFileSync('/bin/sh', ['-eu'], { input, encoding: 'utf8', env: {} }).split('\n');
    expect(told.some((line) => line.endsWith(`=${hostile.clientId}`))).toBe(true);
    expect(told.some((line) => line.includes(hostile.baseUrl))).toBe(true);
  });

  it.each(['harbor', 'cloudflare-access'])('as JSON (%s) is read back whole', (id) => {
    const parsed = JSON.parse(snippetOf(findPreset(id)!, hostile)!.text);
    expect(parsed.oidc_client_id ?? parsed.config.client_id).toBe(hostile.clientId);
  });

  it('for Ruby, YAML, Apache and XML has the quotes that these need', () => {
    const text = (id: string) => snippetOf(findPreset(id)!, hostile)!.text;
    expect(text('gitlab')).toContain(`identifier: 'a\\'b$(id)\`id\`;|&#{1+1}<x>'`);
    expect(text('synapse')).toContain(`client_id: ${JSON.stringify(hostile.clientId)}`);
    expect(text('mod-auth-openidc')).toContain(`OIDCClientID "${hostile.clientId}"`);
    expect(text('jellyfin')).toContain('<OidClientId>a&#39;b$(id)`id`;|&#38;#{1+1}&#60;x&#62;</OidClientId>');
    expect(text('grafana')).toContain(`client_id = """${hostile.clientId}"""`);
  });

  it('has the addresses where the provider answers', () => {
    const issuer = 'https://id.example.org';
    const jwks = { keys: [generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })] };
    const quiet = { adapter: () => ({}) as Adapter, jwks, features: { devInteractions: { enabled: false } }, routes: providerRoutes };
    const provider = new Provider(issuer, quiet as object) as unknown as { pathFor(name: string): string };
    const own = endpointsOf(issuer);
    const routes = ['authorization', 'token', 'userinfo', 'jwks', 'end_session'].map((name) => issuer + provider.pathFor(name));
    expect([own.authorization, own.token, own.userinfo, own.jwks, own.endSession]).toEqual(routes);
  });
});

const documentUrl = new URL('../../docs/apps.md', import.meta.url);

/** After a change of a preset: `UPDATE_TABLE=1 npx vitest run test/client/presets.test.ts`. */
it('docs/apps.md tells of every preset', async () => {
  const page = appsPage();
  if (process.env['UPDATE_TABLE'] === '1') await writeFile(documentUrl, page);
  else expect(await readFile(documentUrl, 'utf8')).toBe(page);
});

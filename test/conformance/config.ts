/** The module of `oidcc-config-certification-test-plan`: OpenID Connect Discovery 1.0, over https as it demands. */
import * as oidc from 'openid-client';
import { expect } from 'vitest';
import type { TlsHost } from './host.ts';
import { jsonOf, type Modules } from './trial.ts';

export const configModules: Modules = {
  'oidcc-discovery-endpoint-verification': async ({ host, warn }) => {
    const tls = await host.overTls();
    try {
      await verify(tls, warn);
    } finally {
      await tls.close();
    }
  },
};

async function verify({ issuer, fetch }: TlsHost, warn: (note: string) => void): Promise<void> {
  const response = await fetch(`${issuer}/.well-known/openid-configuration`);
  expect({ status: response.status, type: response.headers.get('content-type')?.split(';')[0] }).toEqual({
    status: 200,
    type: 'application/json',
  });
  const document = await jsonOf(response);
  const config = await oidc.discovery(new URL(issuer), 'anybody', undefined, undefined, {
    [oidc.customFetch]: (url, init) => fetch(url, init as RequestInit),
  });
  expect(config.serverMetadata()).toMatchObject(document);
  expect(document.issuer).toBe(issuer);
  expectEndpoints(document, issuer);
  expectLists(document);
  if (!document.claims_supported) warn('The metadata does not list the claims.');
  expectKeys(await jsonOf(await fetch(document.jwks_uri)));
}

type Document = Readonly<Record<string, unknown>>;

function expectEndpoints(document: Document, issuer: string): void {
  const needed = ['authorization_endpoint', 'token_endpoint', 'userinfo_endpoint', 'jwks_uri'];
  const others = Object.keys(document).filter((name) => name.endsWith('_endpoint'));
  for (const name of new Set([...needed, ...others])) {
    const { protocol, origin, hash } = new URL(String(document[name]));
    expect({ name, protocol, origin, hash }).toEqual({ name, protocol: 'https:', origin: issuer, hash: '' });
  }
  if (document['request_parameter_supported'] !== undefined) expect(document['request_parameter_supported']).toEqual(expect.any(Boolean));
  expect(document['request_uri_parameter_supported']).toBe(false);
  expect(document['claims_parameter_supported']).toBe(true);
}

function expectLists(document: Document): void {
  expect(document['response_types_supported']).toContain('code');
  for (const type of document['subject_types_supported'] as string[]) expect(['public', 'pairwise']).toContain(type);
  expect(document['id_token_signing_alg_values_supported']).toContain('RS256');
  expect(document['grant_types_supported']).toContain('authorization_code');
  expect(document['scopes_supported']).toContain('openid');
  // RFC 6749 §3.3
  for (const scope of document['scopes_supported'] as string[]) expect(scope).toMatch(/^[\x21\x23-\x5B\x5D-\x7E]+$/);
  for (const name of ['ui_locales_supported', 'claims_locales_supported']) {
    const locales = (document[name] ?? []) as string[];
    expect(locales).toEqual(Intl.getCanonicalLocales(locales));
  }
}

function expectKeys({ keys }: { readonly keys: readonly Document[] }): void {
  expect(keys.length).toBeGreaterThan(0);
  expect(new Set(keys.map(({ kid }) => kid)).size).toBe(keys.length);
  for (const key of keys) {
    expect(key['kid']).toEqual(expect.any(String));
    for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']) expect(key).not.toHaveProperty(secret);
  }
}

/**
 * What we rely on in oidc-provider although its documentation does not promise it. Each test uses a bare provider, and
 * its message says where to look in our code when a new version breaks it.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type Configuration, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { expect, test } from 'vitest';
import { complaintAbout } from '../../src/oidc/client-check.ts';
import { createBrowser } from '../support/browser.ts';

const client = {
  client_id: 'app',
  client_secret: 'secret',
  redirect_uris: ['https://app.example.org/cb'],
  response_types: ['code' as const],
  grant_types: ['authorization_code'],
};
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

async function withProvider(
  configuration: Configuration,
  work: (provider: Provider, issuer: string) => Promise<void>,
  before?: (provider: Provider) => void,
) {
  let answer: ReturnType<Provider['callback']> | undefined;
  const server = createServer((request, response) => void answer?.(request, response));
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    clients: [client],
    cookies: { keys: ['k'] },
    features: { devInteractions: { enabled: false } },
    ...configuration,
  });
  before?.(provider);
  answer = provider.callback();
  try {
    await work(provider, issuer);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

const authorization = (issuer: string, more: Readonly<Record<string, string>> = {}) =>
  `${issuer}/auth?${new URLSearchParams({ client_id: 'app', response_type: 'code', scope: 'openid', redirect_uri: 'https://app.example.org/cb', code_challenge: challenge, code_challenge_method: 'S256', ...more })}`;

const interactions: NonNullable<Configuration['interactions']> = { url: (_ctx, { uid }) => `/interaction/${uid}` };

test('a validator of extraParams may put another value in a parameter’s place, and that is what is stored', async () => {
  const extraParams = {
    invite: (ctx: KoaContextWithOIDC) => {
      if (ctx.oidc.params) ctx.oidc.params['invite'] = 'swapped';
    },
  };
  await withProvider({ extraParams, interactions }, async (provider, issuer) => {
    const stored: unknown[] = [];
    provider.on('interaction.started', (ctx) => stored.push(ctx.oidc.entities.Interaction?.params['invite']));
    await createBrowser(issuer).open(authorization(issuer, { invite: 'secret token' }));
    expect(stored, 'src/invitation/prompt.ts, swapInviteParameter: find another place before the Interaction is saved').toEqual([
      'swapped',
    ]);
  });
});

test('with a pushed request the validator runs again, and can tell that it is the pushed one', async () => {
  const seen: boolean[] = [];
  const extraParams = {
    invite: (ctx: KoaContextWithOIDC, value: string | undefined) => {
      if (value !== undefined) seen.push(ctx.oidc.entities.PushedAuthorizationRequest !== undefined);
    },
  };
  await withProvider({ extraParams, interactions }, async (_provider, issuer) => {
    const body = new URL(authorization(issuer, { invite: 'x' })).searchParams;
    const headers = { authorization: `Basic ${Buffer.from('app:secret').toString('base64')}` };
    const pushed = (await (await fetch(`${issuer}/request`, { method: 'POST', body, headers })).json()) as { request_uri: string };
    await createBrowser(issuer).open(`${issuer}/auth?${new URLSearchParams({ client_id: 'app', request_uri: pushed.request_uri })}`);
    expect(seen, 'src/invitation/prompt.ts, swapInviteParameter: a digest counts only in the stored request').toEqual([false, true]);
  });
});

test('a prompt may be copied by its prototype, with other checks', async () => {
  const policy = interactionPolicy.base();
  const login = policy.get('login');
  if (!login) throw new Error('there is no login prompt');
  const always = new interactionPolicy.Check('always', 'always asked', 'account_selection_required', () => true);
  policy.remove('login');
  policy.add(Object.assign(Object.create(login), { checks: [always] }), 0);
  await withProvider({ interactions: { ...interactions, policy } }, async (_provider, issuer) => {
    const { leftFor } = await createBrowser(issuer).open(authorization(issuer, { prompt: 'none' }));
    expect(leftFor?.searchParams.get('error'), 'src/invitation/configuration.ts, policyWithInvitations: how a prompt is copied').toBe(
      'account_selection_required',
    );
  });
});

test('middleware that is added later still stands before the provider’s own routes', async () => {
  const addEarly = (provider: Provider) =>
    provider.use((ctx, next) => {
      if (ctx.path !== '/jwks') return next();
      ctx.body = 'ours';
    });
  await withProvider(
    {},
    async (_provider, issuer) => {
      expect(await (await fetch(`${issuer}/jwks`)).text(), 'src/plugin.ts, mount: pages of ours must come first').toBe('ours');
    },
    addEarly,
  );
});

test('a way back that is gone is SessionNotFound on the route "resume"', async () => {
  const seen: unknown[] = [];
  const renderError: Configuration['renderError'] = (ctx, _out, error) => {
    seen.push(ctx.oidc.route, error.name);
    ctx.body = 'told';
  };
  await withProvider({ renderError }, async (_provider, issuer) => {
    await fetch(`${issuer}/auth/long-gone`, { headers: { accept: 'text/html' } });
    expect(seen, 'src/invitation/configuration.ts, withWayBack').toEqual(['resume', 'SessionNotFound']);
  });
});

test('a provider can be asked what it thinks of a client before there is one', () => {
  const metadata = {
    client_id: 'x',
    client_secret: 'y'.repeat(40),
    redirect_uris: ['ftp://x.example.org/'],
    grant_types: ['authorization_code'],
    response_types: ['code' as const],
  };
  expect(complaintAbout(metadata, 'http://localhost:1'), 'src/oidc/client-check.ts').toMatch(/redirect_uris/);
  expect(complaintAbout({ ...metadata, redirect_uris: ['https://x.example.org/'] }, 'http://localhost:1')).toBeUndefined();
});

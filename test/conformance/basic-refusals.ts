/** Basic plan: authorization requests that are wrong, or of a kind that a provider may refuse. */
import { UnsecuredJWT } from 'jose';
import { expect } from 'vitest';
import type { Rest } from '../support/browser.ts';
import { addressOf, answerAll, answerOf, errorOf, type Modules, type Trial } from './trial.ts';

const elsewhere = 'https://elsewhere.example.net/callback';

export const refusalModules: Modules = {
  'oidcc-response-type-missing': async ({ app, browser }) => {
    const { response_type: _missing, ...query } = (await app.begin()).query;
    const rest = await browser.open(addressOf(app, 'authorization_endpoint', query));
    expect(answerOf(rest).origin).toBe(new URL(app.client.redirectUri).origin);
    expect(['unsupported_response_type', 'invalid_request']).toContain(errorOf(rest));
    expect(answerOf(rest).searchParams.get('state')).toBe(query['state']);
  },

  'oidcc-ensure-registered-redirect-uri': async ({ app, browser }) => {
    const { url } = await app.begin({ redirect_uri: elsewhere });
    expectErrorPage(await browser.open(url));
  },

  'oidcc-ensure-post-request-succeeds': async (trial) => {
    const { app, browser } = trial;
    const flow = await app.begin();
    const rest = await browser.post(app.metadata.authorization_endpoint ?? '', flow.query);
    if (rest.status === 404 || rest.status === 405) {
      return trial.warn(
        'oidc-provider takes authorization requests by POST only if it is told to, and only with session cookies that every website may use (`SameSite=None`). No host here does that.',
      );
    }
    expect((await flow.finish(await answerAll(trial, rest))).access_token).toBeTruthy();
  },

  'oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported': async ({ app, browser }) => {
    const flow = await app.begin({ request_uri: 'https://first.example.org/request.jwt' });
    expect(errorOf(await browser.open(flow.url))).toBe('request_uri_not_supported');
    expect(app.metadata['request_uri_parameter_supported']).toBe(false);
  },

  'oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported': async (trial) => {
    const { query } = await trial.app.begin();
    const { state: _inside, ...outside } = query;
    const rest = await openWithRequestObject(trial, outside, query);
    if (errorOf(rest) === 'request_not_supported') return;
    const arrived = await answerAll(trial, rest);
    expect(answerOf(arrived).searchParams.get('state')).toBe(query['state']);
  },

  'oidcc-ensure-request-object-with-redirect-uri': async (trial) => {
    const { query } = await trial.app.begin();
    const rest = await openWithRequestObject(trial, { ...query, redirect_uri: elsewhere }, query);
    if (!rest.leftFor && rest.status === 400) return;
    expect(answerOf(await answerAll(trial, rest)).origin).toBe(new URL(trial.app.client.redirectUri).origin);
  },
};

/** OpenID Connect Core 1.0 §6.1, without a signature. */
async function openWithRequestObject(
  { app, browser, host }: Trial,
  outside: Readonly<Record<string, string>>,
  inside: Readonly<Record<string, string>>,
): Promise<Rest> {
  const request = new UnsecuredJWT({ ...inside }).setIssuer(app.client.id).setAudience(host.issuer).encode();
  return browser.open(addressOf(app, 'authorization_endpoint', { ...outside, request }));
}

function expectErrorPage({ status, leftFor, headers }: Rest): void {
  expect({ status, leftFor, type: String(headers['content-type']).split(';')[0] }).toEqual({
    status: 400,
    leftFor: undefined,
    type: 'text/html',
  });
}

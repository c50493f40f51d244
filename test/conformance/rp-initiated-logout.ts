/** The modules of `oidcc-rp-initiated-logout-certification-test-plan`: OpenID Connect RP-Initiated Logout 1.0. */
import { generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import * as oidc from 'openid-client';
import { expect } from 'vitest';
import type { Fields, Rest } from '../support/browser.ts';
import { addressOf, answerOf, errorOf, idTokenClaims, type Modules, signIn, type Tokens, type Trial } from './trial.ts';

export const rpInitiatedLogoutModules: Modules = {
  'oidcc-rp-initiated-logout-discovery-endpoint-verification': async ({ app, host }) => {
    expect(new URL(app.metadata.end_session_endpoint ?? '').origin).toBe(host.issuer);
  },

  'oidcc-rp-initiated-logout': async (trial) => {
    const { app, browser } = trial;
    const tokens = await signIn(trial);
    const query = { id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: app.client.postLogoutRedirectUri, state: 'the state' };
    const rest = await confirm(trial, await browser.open(oidc.buildEndSessionUrl(app.config, query).href));
    expect(answerOf(rest).href).toBe(`${app.client.postLogoutRedirectUri}?state=the+state`);
    await expectSignedOut(trial);
  },

  'oidcc-rp-initiated-logout-no-state': async (trial) => {
    const { id_token = '' } = await signIn(trial);
    const rest = await leave(trial, { id_token_hint: id_token, post_logout_redirect_uri: trial.app.client.postLogoutRedirectUri });
    expect(answerOf(rest).href).toBe(trial.app.client.postLogoutRedirectUri);
    await expectSignedOut(trial);
  },

  'oidcc-rp-initiated-logout-no-params': async (trial) => {
    await signIn(trial);
    await expectGoodbye(trial, {});
  },

  'oidcc-rp-initiated-logout-only-state': async (trial) => {
    await signIn(trial);
    await expectGoodbye(trial, { state: 'the state' });
  },

  'oidcc-rp-initiated-logout-no-post-logout-redirect-uri': async (trial) => {
    const { id_token = '' } = await signIn(trial);
    await expectGoodbye(trial, { id_token_hint: id_token, state: 'the state' });
  },

  'oidcc-rp-initiated-logout-bad-post-logout-redirect-uri': (trial) =>
    expectRefusal(trial, () => ({ post_logout_redirect_uri: 'https://elsewhere.example.net/' })),

  'oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri': (trial) =>
    expectRefusal(trial, () => ({ post_logout_redirect_uri: `${trial.app.client.postLogoutRedirectUri}?foo=bar` })),

  'oidcc-rp-initiated-logout-bad-id-token-hint': (trial) =>
    expectRefusal(trial, async (tokens) => ({ id_token_hint: await signedBySomebodyElse(tokens) })),

  'oidcc-rp-initiated-logout-modified-id-token-hint': (trial) =>
    expectRefusal(trial, (tokens) => ({ id_token_hint: new UnsecuredJWT({ ...idTokenClaims(tokens) }).encode() })),

  // Who is meant cannot be known: the person is asked, and nobody is led anywhere.
  'oidcc-rp-initiated-logout-no-id-token-hint': async (trial) => {
    await signIn(trial);
    await expectGoodbye(trial, { post_logout_redirect_uri: trial.app.client.postLogoutRedirectUri, state: 'the state' });
  },
};

/** To the page that asks, and yes. */
export async function leave(trial: Trial, query: Fields): Promise<Rest> {
  return confirm(trial, await trial.browser.open(addressOf(trial.app, 'end_session_endpoint', query)));
}

async function confirm({ browser }: Trial, page: Rest): Promise<Rest> {
  expect({ status: page.status, leftFor: page.leftFor }).toEqual({ status: 200, leftFor: undefined });
  return browser.submit(page, 'yes');
}

/** A page that says so, at the provider. */
async function expectGoodbye(trial: Trial, query: Fields): Promise<void> {
  const { status, leftFor, heading } = await leave(trial, query);
  expect({ status, leftFor }).toEqual({ status: 200, leftFor: undefined });
  expect(heading).toMatch(/signed out|have left/);
  await expectSignedOut(trial);
}

/** A good request with something wrong in it: an error page, and everybody stays signed in. */
async function expectRefusal(trial: Trial, wrong: (tokens: Tokens) => Fields | Promise<Fields>): Promise<void> {
  const { app, browser } = trial;
  const tokens = await signIn(trial);
  const right = { id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: app.client.postLogoutRedirectUri, state: 'the state' };
  const { status, leftFor } = await browser.open(addressOf(app, 'end_session_endpoint', { ...right, ...(await wrong(tokens)) }));
  expect({ status, leftFor }).toEqual({ status: 400, leftFor: undefined });
  expect(errorOf(await askSilently(trial))).toBeUndefined();
}

export async function expectSignedOut(trial: Trial): Promise<void> {
  expect(errorOf(await askSilently(trial))).toBe('login_required');
}

async function askSilently({ app, browser }: Trial): Promise<Rest> {
  const rest = await browser.open((await app.begin({ prompt: 'none' })).url);
  expect(answerOf(rest).origin).toBe(new URL(app.client.redirectUri).origin);
  return rest;
}

async function signedBySomebodyElse(tokens: Tokens): Promise<string> {
  const { privateKey } = await generateKeyPair('RS256');
  return new SignJWT({ ...idTokenClaims(tokens) }).setProtectedHeader({ alg: 'RS256' }).sign(privateKey);
}

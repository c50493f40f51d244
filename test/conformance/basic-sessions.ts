/** Basic plan: who is signed in already, since when, and who has to say so again. */
import { expect } from 'vitest';
import { answerAll, answerOf, asksToSignIn, errorOf, idTokenClaims, type Modules, signIn, type Trial } from './trial.ts';

/** The suite compares `auth_time` if it is there; asked for, it is. */
const withAuthTime = { claims: JSON.stringify({ id_token: { auth_time: { essential: true } } }) };

export const sessionModules: Modules = {
  'oidcc-prompt-login': async (trial) => {
    await expectNewSignIn(trial, { prompt: 'login' });
  },

  'oidcc-prompt-none-not-logged-in': async ({ app, browser }) => {
    const flow = await app.begin({ prompt: 'none' });
    const rest = await browser.open(flow.url);
    expect(['login_required', 'interaction_required']).toContain(errorOf(rest));
    expect(answerOf(rest).searchParams.get('state')).toBe(flow.query['state']);
    expect(answerOf(rest).searchParams.has('code')).toBe(false);
  },

  'oidcc-prompt-none-logged-in': (trial) => expectSilence(trial, { prompt: 'none' }),

  'oidcc-max-age-1': async (trial) => {
    await expectNewSignIn(trial, { max_age: '1' });
  },

  'oidcc-max-age-10000': (trial) => expectSilence(trial, { max_age: '10000' }),

  'oidcc-id-token-hint': async (trial) => {
    const { app, browser } = trial;
    const before = await signIn(trial);
    const flow = await app.begin({ prompt: 'none', id_token_hint: before.id_token ?? '' });
    const after = await flow.finish(await browser.open(flow.url));
    expect(idTokenClaims(after).sub).toBe(idTokenClaims(before).sub);
  },
};

/** Asked a second time, the person signs in a second time, and the ID token knows. */
async function expectNewSignIn(trial: Trial, params: { readonly prompt: string } | { readonly max_age: string }): Promise<void> {
  const before = idTokenClaims(await signIn(trial, withAuthTime));
  trial.pass(2);
  const flow = await trial.app.begin({ ...withAuthTime, ...params });
  const page = await trial.browser.open(flow.url);
  expect({ status: page.status, asks: asksToSignIn(page) }).toEqual({ status: 200, asks: true });
  const after = idTokenClaims(await flow.finish(await answerAll(trial, page)));
  expect(after.sub).toBe(before.sub);
  expect(after.auth_time).toBeGreaterThan(before.auth_time ?? Number.POSITIVE_INFINITY);
}

/** Asked a second time, the provider answers by itself, and the sign-in stays as old as it is. */
async function expectSilence(trial: Trial, params: { readonly prompt: string } | { readonly max_age: string }): Promise<void> {
  const before = idTokenClaims(await signIn(trial, withAuthTime));
  trial.pass(2);
  const flow = await trial.app.begin({ ...withAuthTime, ...params });
  const after = idTokenClaims(await flow.finish(await trial.browser.open(flow.url)));
  expect(after.auth_time).toEqual(expect.any(Number));
  expect({ sub: after.sub, auth_time: after.auth_time }).toEqual({ sub: before.sub, auth_time: before.auth_time });
}

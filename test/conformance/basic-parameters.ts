/** Basic plan: parameters that must be taken, whether or not anything comes of them. */
import { expect } from 'vitest';
import type { Fields } from '../support/browser.ts';
import { answerAll, asksToSignIn, idTokenClaims, type Modules, type Tokens, type Trial } from './trial.ts';

export const parameterModules: Modules = {
  'oidcc-display-page': (trial) => expectTaken(trial, { display: 'page' }),
  'oidcc-display-popup': (trial) => expectTaken(trial, { display: 'popup' }),
  'oidcc-login-hint': (trial) => expectTaken(trial, { login_hint: trial.host.person.email }),
  'oidcc-ui-locales': (trial) => expectTaken(trial, { ui_locales: 'se' }),
  'oidcc-claims-locales': (trial) => expectTaken(trial, { claims_locales: 'se' }),
  'oidcc-ensure-request-with-unknown-parameter-succeeds': (trial) => expectTaken(trial, { extra: 'foobar' }),

  'oidcc-ensure-request-with-acr-values-succeeds': async (trial) => {
    const asked = (trial.app.metadata['acr_values_supported'] as string[] | undefined) ?? ['1', '2'];
    const { acr } = idTokenClaims(await expectTaken(trial, { acr_values: asked.join(' ') }));
    if (acr === undefined) return trial.warn('The ID token has no `acr`: our server knows one way of signing in and gives it no name.');
    expect(asked).toContain(acr);
  },
};

/** A page to sign in on, and then a good answer. */
async function expectTaken(trial: Trial, params: Fields): Promise<Tokens> {
  const flow = await trial.app.begin(params);
  const page = await trial.browser.open(flow.url);
  expect({ status: page.status, asks: asksToSignIn(page) }).toEqual({ status: 200, asks: true });
  const tokens = await flow.finish(await answerAll(trial, page));
  expect(tokens.access_token).toBeTruthy();
  return tokens;
}

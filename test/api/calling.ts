/** An app that holds a person's access token for our own API. */
import type { Browser } from '../support/browser.ts';
import type { RelyingApp } from '../support/relying-app.ts';

export const apiScope = 'openid profile email groups roles entitlements offline_access invitations';

export type Answer = { readonly status: number; readonly headers: Headers; readonly json: Record<string, unknown>; readonly text: string };

export async function tokenFor(app: RelyingApp, browser: Browser, issuer: string): Promise<string> {
  const tokens = await app.signInSilently(browser, { scope: 'openid invitations', resource: `${issuer}/api` });
  return tokens.access_token;
}

export type CallOptions = { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>>; readonly method?: string };

/** With a body it is a POST. */
export async function call(issuer: string, path: string, token: string | undefined, options: CallOptions = {}): Promise<Answer> {
  const { body, method = body === undefined ? 'GET' : 'POST' } = options;
  const response = await fetch(`${issuer}/api/me/${path}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: text.startsWith('{') ? JSON.parse(text) : {} };
}

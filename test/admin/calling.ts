/** Programs and people that call the admin API, each with a token of their own. */
import { adminScopes } from '../../src/client/own-scopes.ts';
import { apiBase, type OperationId, placeOf } from '../../src/admin/paths.ts';
import { secureRandom } from '../../src/lib/random.ts';
import type { Browser } from '../support/browser.ts';
import { createRelyingApp } from '../support/relying-app.ts';
import type { JourneyServer } from '../support/server.ts';

export const allScopes = adminScopes.join(' ');

export type Told = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into what it expects.
  readonly json: any;
};

export type Sending = {
  readonly params?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Record<string, string | number>>;
  /** Text goes as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

export type Program = { readonly token: string; call(id: OperationId, sending?: Sending): Promise<Told> };

const unique = () => secureRandom(6).toString('hex');

/** An app that acts for itself (RFC 6749 §4.4). */
export async function createProgram(
  server: JourneyServer,
  scope = allScopes,
): Promise<Program & { readonly clientId: string; readonly clientSecret: string }> {
  const id = `program-${unique()}`;
  const secret = await server.addClient({ id, redirectUris: [], grantTypes: ['client_credentials'], scope });
  const clientSecret = secret ?? '';
  const token = await tokenOf(server.issuer, { id, secret: clientSecret, scope });
  return { clientId: id, clientSecret, ...programWith(server.issuer, token) };
}

async function tokenOf(issuer: string, { id, secret, scope }: { id: string; secret: string; scope: string }): Promise<string> {
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope, resource: `${issuer}/api` }),
  });
  const answer = (await response.json()) as { access_token?: string };
  if (answer.access_token === undefined) throw new Error(`no token: ${JSON.stringify(answer)}`);
  return answer.access_token;
}

/** An app of the house, with the token of whoever is signed in there. */
export async function createPersonsProgram(server: JourneyServer, browser: Browser, scope = allScopes): Promise<Program> {
  const app = await createRelyingApp(server, { id: `app-${unique()}`, scope: `openid ${scope}` });
  const tokens = await app.signInSilently(browser, { scope: `openid ${scope}`, resource: `${server.issuer}/api` });
  return programWith(server.issuer, tokens.access_token);
}

export function programWith(issuer: string, token: string | undefined): Program {
  return { token: token ?? '', call: (id, sending) => send(issuer, { id, token, ...sending }) };
}

async function send(
  issuer: string,
  { id, token, params = {}, query = {}, body, headers = {} }: Sending & { readonly id: OperationId; readonly token: string | undefined },
): Promise<Told> {
  const { method, path } = placeOf(id);
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name] ?? `no-${name}`)));
  const search = new URLSearchParams(Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]));
  const response = await fetch(`${issuer}${apiBase}${filled}?${search}`, {
    method,
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '') && !/ndjson/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, text, json: isJson && text !== '' ? JSON.parse(text) : {} };
}

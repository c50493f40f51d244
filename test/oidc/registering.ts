/** Registering apps by requests that no library would send. */
import { addRegistrationToken } from '../../src/client/registration.ts';
import { secureRandom } from '../../src/lib/random.ts';
import type { TestServer } from '../support/server.ts';

export type Answer = { readonly status: number; readonly headers: Headers; readonly body: Readonly<Record<string, unknown>> };

export type Registered = Answer['body'] & {
  readonly client_id: string;
  readonly client_secret: string;
  readonly registration_access_token: string;
  readonly registration_client_uri: string;
};

type Sent = { readonly token?: string | undefined; readonly body?: unknown; readonly method?: string };

/** A text is sent as it is. */
export async function send(address: string, { token, body, method = 'POST' }: Sent): Promise<Answer> {
  const response = await fetch(address, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text.startsWith('{') ? JSON.parse(text) : {} };
}

export const redirect_uris = ['https://shop.example.org/callback'];

export function registeringAt(server: TestServer) {
  const tools = { clock: server.now, random: secureRandom, actor: 'operator' };
  const newToken = (uses = 1, lastsSeconds = 3_600) => addRegistrationToken(server.database, { uses, lastsSeconds }, tools);
  const register = (token: string | undefined, body: unknown) => send(`${server.issuer}/reg`, { token, body });
  return {
    tools,
    newToken,
    register,
    async registerNew(metadata: Readonly<Record<string, unknown>> = {}): Promise<Registered> {
      const { status, body } = await register((await newToken()).token, { redirect_uris, ...metadata });
      if (status !== 201) throw new Error(`not registered: ${JSON.stringify(body)}`);
      return body as Registered;
    },
    manage: (app: Registered, method: string, body?: unknown, token = app.registration_access_token) =>
      send(app.registration_client_uri, { method, token, body }),
    countClients: async () => Number((await server.database.raw('select count(*) from guestlist.client')).rows[0].count),
    /** Wrong tokens that this address came with. */
    forgetGuesses: async () => {
      await server.database.raw(`delete from guestlist.throttle where key like 'registration_place:%'`);
    },
  };
}

/** What an app would send to change itself: what it was told, but for what RFC 7592 §2.2 forbids. */
export function changeOf(app: Answer['body'], change: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  const withheld = ['registration_access_token', 'registration_client_uri', 'client_secret_expires_at', 'client_id_issued_at'];
  return { ...Object.fromEntries(Object.entries(app).filter(([name]) => !withheld.includes(name))), ...change };
}

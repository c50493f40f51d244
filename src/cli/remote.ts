/** Which server a command talks to, and by what right: `GUESTLIST_URL`, and a token or an app's own credentials. */
import { Failure } from '../errors.ts';
import { addSeconds, type Clock, systemClock } from '../lib/clock.ts';
import { Mistake } from './explain.ts';

export type Remote = {
  readonly url: string;
  readonly token: string | undefined;
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
};

/** Undefined: the command works on the database. Throws `Mistake`. */
export function remoteSettings(environment: Readonly<Record<string, string | undefined>>): Remote | undefined {
  const { GUESTLIST_URL: url, GUESTLIST_TOKEN: token, GUESTLIST_CLIENT_ID: clientId, GUESTLIST_CLIENT_SECRET: clientSecret } = environment;
  if (!url) return undefined;
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw new Mistake('GUESTLIST_URL must be the issuer, such as https://id.example.org');
  if (/^http:/.test(url) && !/^(localhost|127\.0\.0\.1|\[::1\])$/.test(new URL(url).hostname))
    throw new Mistake('GUESTLIST_URL must start with https://: a token would be sent for everybody to read');
  if (!token && !(clientId && clientSecret))
    throw new Mistake('GUESTLIST_TOKEN, or GUESTLIST_CLIENT_ID and GUESTLIST_CLIENT_SECRET, must be set beside GUESTLIST_URL');
  return { url: url.replace(/\/$/, ''), token, clientId, clientSecret };
}

/** Of a token's time: what is asked with the rest of it could come too late. */
const usedShare = 0.8;

/** A token that is given, or one that the app gets for itself (RFC 6749 §4.4), and another when that is nearly over. */
export function createTokenSource({ url, token, clientId = '', clientSecret }: Remote, clock: Clock = systemClock): () => Promise<string> {
  const fetchNow = async () => ({ ...(await fetchToken({ url, clientId, clientSecret: clientSecret ?? '' })), at: clock() });
  let fetched: ReturnType<typeof fetchNow> | undefined;
  return async () => {
    if (token) return token;
    fetched ??= fetchNow();
    const known = await fetched;
    if (clock() < addSeconds(known.at, known.lastsSeconds * usedShare)) return known.token;
    fetched = fetchNow();
    return (await fetched).token;
  };
}

type Granted = { readonly token: string; readonly lastsSeconds: number };

type Credentials = { readonly url: string; readonly clientId: string; readonly clientSecret: string };

async function fetchToken({ url, clientId, clientSecret }: Credentials): Promise<Granted> {
  try {
    return await grantedToken({ url, clientId, clientSecret });
  } catch (error) {
    throw inOurWords(error);
  }
}

/** What the library of the protocol says is for programmers. */
function inOurWords(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof TypeError) return error;
  if (error.name === 'WWWAuthenticateChallengeError') return new Failure('access_token_invalid');
  if (error.name === 'ResponseBodyError' && 'error' in error) return new Failure('access_token_invalid', { error: String(error.error) });
  return new Mistake(`GUESTLIST_URL must be the issuer of a server of ours: ${error.message}`);
}

async function grantedToken({ url, clientId, clientSecret }: Credentials): Promise<Granted> {
  const oidc = await import('openid-client');
  const execute = url.startsWith('http:') ? [oidc.allowInsecureRequests] : [];
  const config = await oidc.discovery(new URL(url), clientId, undefined, oidc.ClientSecretBasic(clientSecret), { execute });
  const { adminScopes } = await import('../client/own-scopes.ts');
  const resource = `${url}/api`;
  const answer = await oidc.clientCredentialsGrant(config, { resource, scope: adminScopes.join(' ') });
  return { token: answer.access_token, lastsSeconds: answer.expires_in ?? 60 };
}

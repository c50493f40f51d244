/**
 * What apps hear without asking, from processes that answer no requests: whoever has lost an app's group is signed out of
 * it, and what an app did not take is tried again. For that there is a provider with nothing but its keys, and no pages.
 * When it is done is the business of `app-jobs.ts`.
 */
import Provider from 'oidc-provider';
import type { Clock } from '../lib/clock.ts';
import type { Database } from '../lib/db.ts';
import type { Random } from '../lib/random.ts';
import { createSeal, deriveKey } from '../lib/seal.ts';
import { createAdapter } from '../oidc/adapter.ts';
import { createSendLogout, type LogoutTools, type SendLogout, tellNext, type Told } from '../oidc/app-logout.ts';
import { createFindMetadata } from '../oidc/clients.ts';
import { createKeyring } from '../oidc/keyring.ts';
import { readKeys, type ServerKeys } from '../oidc/keys.ts';
import { endLapsed, endLost, endLostOfAll } from '../oidc/lost-access.ts';
import { providerConfiguration } from '../oidc/provider.ts';
import type { AppSession } from '../oidc/session-store.ts';
import { createGuestlist } from './guestlist.ts';
import type { Log } from './log.ts';

export type AppNews = {
  /** Ends what this account has lost, or what anybody has, as long as `isEnough` does not say so: lately, or ever. */
  endLost(accountId: string): Promise<void>;
  endLapsed(isEnough: () => boolean): Promise<void>;
  endLostOfAll(isEnough: () => boolean): Promise<void>;
  /** Tells the app of this one, if it is due, or whatever is due. */
  tell(session: AppSession): Promise<void>;
  tellDue(isEnough: () => boolean): Promise<void>;
};

export type AppNewsOptions = {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly issuer: string;
  readonly secret: string;
  readonly log: Log;
  /** See `AppOptions`. */
  readonly trustedOrigins: readonly string[];
};

/** Apps that are told at the same time: one that lets us wait does not keep all others waiting. */
const laneCount = 4;

/** The server's keys must have been made. Throws `WrongSecret`. */
export async function openAppNews(options: AppNewsOptions): Promise<AppNews> {
  const { database, clock, log } = options;
  const tools: LogoutTools = { database, clock, send: await createSend(options), onTold: createOnTold(log) };
  const onError = (error: unknown) => log.error({ error }, 'what somebody has lost was not ended');
  return {
    endLost: async (accountId) => void (await endLost(tools, accountId)),
    endLapsed: (isEnough) => endLapsed({ database, clock, isEnough, onError }),
    endLostOfAll: (isEnough) => endLostOfAll({ database, clock, isEnough, onError }),
    tell: async (session) => void (await tellNext(tools, session)),
    async tellDue(isEnough) {
      const lane = async () => {
        for (let told: unknown = true; told && !isEnough(); ) told = await tellNext(tools);
      };
      await Promise.all(Array.from({ length: laneCount }, lane));
    },
  };
}

/** Signs with the keys of the moment, like the server itself. */
async function createSend(options: AppNewsOptions): Promise<SendLogout> {
  const { database, clock, random, secret, log } = options;
  const seal = createSeal(secret, random);
  const keyring = createKeyring({
    keys: await readKeys(database, seal),
    read: () => readKeys(database, seal),
    make: (keys) => createSendLogout(createQuietProvider(options, keys)),
    clock,
    onError: (error) => log.warn({ error }, 'the keys could not be read again'),
  });
  return async (logout) => (await keyring.current())(logout);
}

/** As the server's own, but for what only a request needs. */
function createQuietProvider({ database, clock, random, issuer, secret, trustedOrigins }: AppNewsOptions, keys: ServerKeys): Provider {
  const findClient = createFindMetadata({ database, seal: createSeal(secret, random), clock });
  const { configure } = createGuestlist({ database, issuer, secret, clock, random });
  const settings = {
    issuer,
    keys,
    adapter: createAdapter({ database, clock, random, findClient }),
    findAccount: async () => undefined,
    tools: { database, clock },
    pairwiseKey: pairwiseKeyOf(secret),
    renderError: () => undefined,
    rpInitiatedLogout: { enabled: false },
    fetch: createTrustingFetch(trustedOrigins),
  };
  return new Provider(issuer, configure(providerConfiguration(settings)));
}

export function pairwiseKeyOf(secret: string): Buffer {
  return deriveKey(secret, 'pairwise subject');
}

/** oidc-provider refuses private addresses by a dispatcher in the options; for trusted ones it is left out. */
export function createTrustingFetch(
  trustedOrigins: readonly string[],
): (url: string | URL | Request, options?: RequestInit) => Promise<Response> {
  return (url, options = {}) => {
    if (!trustedOrigins.includes(new URL(String(url)).origin)) return fetch(url, options);
    const { dispatcher: _guarded, ...open } = options as RequestInit & { dispatcher?: unknown };
    return fetch(url, open);
  };
}

export function createOnTold(log: Log): (told: Told) => void {
  return ({ clientId, accountId, outcome, attempts, failure, error }) => {
    if (outcome === 'delivered') log.info({ clientId, accountId, attempts }, 'an app was told of a logout');
    else log.warn({ clientId, accountId, outcome, attempts, failure, error }, 'back-channel logout failed');
  };
}

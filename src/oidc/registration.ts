/**
 * Apps that register themselves: OIDC Dynamic Client Registration, RFC 7591 and RFC 7592, never without a token that the
 * operator made. Owns how oidc-provider is told so; it reads and answers, `client/registration.ts` keeps. Tokens that are
 * guessed at are counted here, wherever they are looked for.
 */
import type { Context } from 'koa';
import Provider, { type Adapter, type ClientMetadata, type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import { originOf } from '../audit/audit.ts';
import { changeRegistered, findRegistrationToken, register, removeRegistered } from '../client/registration.ts';
import { complaintAboutNames, toRegistration } from '../client/registered.ts';
import { mintClientSecret } from '../client/secret.ts';
import { findClient } from '../client/store.ts';
import { Failure } from '../errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { Database } from '../lib/db.ts';
import { newId, type Random } from '../lib/random.ts';
import type { Seal } from '../lib/seal.ts';
import { isStorableJson } from '../lib/plain-text.ts';
import { addressBlock, createThrottle, type Throttle } from '../lib/throttle.ts';

type Features = NonNullable<Configuration['features']>;
export type RegistrationFeatures = Required<Pick<Features, 'registration' | 'registrationManagement'>>;

export type RegistrationSite = { readonly database: Database; readonly clock: Clock; readonly random: Random; readonly seal: Seal };

/** On every token that lets an app register or change itself. */
const policyName = 'guestlist';

/** For `features` of oidc-provider's configuration. */
export function registrationFeatures({ database, clock, random }: RegistrationSite): RegistrationFeatures {
  return {
    registration: {
      enabled: true,
      initialAccessToken: true,
      policies: {
        [policyName]: async (ctx, properties) => {
          refuseNames(properties);
          properties['registered_by'] = await registrarOf(ctx, database, clock());
        },
      },
      idFactory: () => newId(clock(), random),
      secretFactory: () => mintClientSecret(random),
      issueRegistrationAccessToken: true,
    },
    registrationManagement: { enabled: true, rotateRegistrationAccessToken: true },
  };
}

/** What is null is as good as not said (RFC 7592 §2.2). */
function refuseNames(properties: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(properties)) if (value === null) delete properties[name];
  if (!isStorableJson(JSON.stringify(properties))) throw new errors.InvalidClientMetadata('no text can have NUL or unpaired surrogates');
  const complaint = complaintAboutNames(properties);
  if (complaint) throw new errors.InvalidClientMetadata(complaint);
}

/** Id of the token that it is registered with, or was. */
async function registrarOf({ oidc }: KoaContextWithOIDC, database: Database, now: Date): Promise<unknown> {
  const { InitialAccessToken: token } = oidc.entities;
  if (!token) return oidc.client?.['registered_by'];
  return (await findRegistrationToken(database, token.jti, now))?.id ?? refuseToken();
}

function refuseToken(): never {
  throw new errors.InvalidToken('initial access token not found');
}

/** For `createAdapter`. */
export function registrationAdapters(site: RegistrationSite): (kind: string, usual: Adapter) => Adapter {
  const { database, clock } = site;
  const guesses = createThrottle(database, { name: 'registration_place', points: 20, perSeconds: 15 * 60 });
  const find: Readonly<Record<string, (usual: Adapter) => Adapter['find']>> = {
    InitialAccessToken: () => counted(guesses, (token) => findInitialToken(site, token)),
    RegistrationAccessToken: (usual) =>
      counted(guesses, async (token) => {
        const found = await usual.find(token);
        // The operator's apps are the operator's, whoever had their id before.
        return found && (await findClient(database, found.clientId ?? ''))?.registeredBy ? found : undefined;
      }),
  };
  return (kind, usual) => {
    if (kind === 'Client')
      return {
        ...usual,
        upsert: (_clientId, metadata) => keep(site, metadata as ClientMetadata),
        destroy: (clientId) => removeRegistered(database, clientId, { ...site, clock, from: origin() }),
      };
    return { ...usual, find: find[kind]?.(usual) ?? usual.find };
  };
}

async function findInitialToken({ database, clock }: RegistrationSite, token: string) {
  const found = await findRegistrationToken(database, token, clock());
  const exp = found && Math.floor(found.endsAt.getTime() / 1000);
  return found && { jti: token, kind: 'InitialAccessToken', exp, policies: [policyName] };
}

/** What the provider has accepted; our own complaint is told like one of its own. */
async function keep({ database, ...tools }: RegistrationSite, metadata: ClientMetadata): Promise<void> {
  const from = origin();
  try {
    const isKept =
      Provider.ctx?.oidc.route === 'registration'
        ? await register(database, metadata, { ...tools, from, registeredBy: String(metadata['registered_by']) })
        : await changeRegistered(database, metadata, { ...tools, from });
    if (!isKept) refuseToken();
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'client_invalid') throw error;
    throw new errors.InvalidClientMetadata(String(error.detail['complaint']));
  }
}

function origin() {
  return Provider.ctx && originOf(Provider.ctx);
}

/** Whoever comes with a token that is good is not counted. One place has so many guesses. */
function counted(guesses: Throttle, find: Adapter['find']): Adapter['find'] {
  return async (token) => {
    const place = addressBlock(Provider.ctx?.ip ?? '');
    await guesses.consume(place).catch(tellToWait);
    const found = await find(token);
    if (found) await guesses.giveBack(place);
    return found;
  };
}

function tellToWait(error: unknown): never {
  if (!(error instanceof Failure)) throw error;
  Provider.ctx?.set('Retry-After', String(error.retryAfterSeconds));
  throw new errors.OIDCProviderError(429, error.code);
}

const routes = ['registration', 'client', 'client_update'];

/**
 * The answer as RFC 7591 §3.2.1 has it: what was registered and nothing of ours, so that an app may send it back as it is
 * (RFC 7592 §2.2).
 */
export function answerRegistration({ database }: Pick<RegistrationSite, 'database'>) {
  return async (ctx: Context, next: () => Promise<unknown>): Promise<void> => {
    await next();
    const { oidc } = ctx as Partial<KoaContextWithOIDC>;
    if (!oidc?.client || !routes.includes(oidc.route) || ctx.status >= 300) return;
    const { client_secret: secret, registration_access_token, registration_client_uri } = ctx.body as ClientMetadata;
    const client = await findClient(database, oidc.client.clientId);
    if (client) ctx.body = { ...toRegistration(client, secret), registration_access_token, registration_client_uri };
  };
}

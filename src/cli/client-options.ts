/** The options of `client add` and `client change`: every setting of an app but its secrets. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Input } from '../admin/http-client.ts';
import { authMethods, clientIdPattern, type GrantType, type signingAlgorithms } from '../client/client.ts';
import { claimMappingsSchema } from '../client/mapping-schema.ts';
import { Mistake } from './explain.ts';
import { address, algorithmOption, collect, lengthOfTime, matching } from './option.ts';
import { defined } from './wish.ts';

export const clientId = matching(clientIdPattern, 'It must have 1 to 100 visible ASCII characters.');

export type ClientOptions = {
  readonly name?: string;
  readonly authMethod?: (typeof authMethods)[number];
  readonly jwksFile?: string;
  readonly jwksUri?: string;
  readonly redirectUri?: readonly string[];
  readonly postLogoutRedirectUri?: readonly string[];
  readonly initiateLoginUri?: string;
  readonly backchannelLogoutUri?: string;
  readonly startUrl?: string;
  readonly resource?: readonly string[];
  readonly public?: true;
  readonly firstParty?: boolean;
  readonly scope?: string;
  readonly signingAlg?: (typeof signingAlgorithms)[number];
  readonly requiredGroup?: string;
  readonly withoutPkce?: string;
  readonly pairwise?: boolean;
  readonly refresh?: boolean;
  readonly service?: true;
  readonly attachGroup?: readonly string[];
  readonly claims?: string;
  readonly idTokenLasts?: number;
  readonly accessTokenLasts?: number;
  readonly refreshTokenLasts?: number;
};

export function addClientOptions(command: Command): Command {
  const { uris, orNone, text } = {
    uris: collect(address),
    orNone: collect((uri) => (uri === 'none' ? uri : address(uri))),
    text: matching(/^.{1,200}$/u, 'It must have 1 to 200 characters.'),
  };
  return command
    .option('--redirect-uri <uri>', 'where people come back to; may be repeated', uris)
    .option('--name <name>', 'shown to people', matching(/^.{1,100}$/u, 'It must have 1 to 100 characters.'))
    .addOption(new Option('--auth-method <method>', 'how it proves who it is; client_secret_basic without it').choices([...authMethods]))
    .addOption(new Option('--public', 'it cannot keep a secret: a browser or phone app').conflicts('authMethod'))
    .option('--jwks-file <file>', 'its public keys, for private_key_jwt')
    .option('--jwks-uri <url>', 'where its public keys are, for private_key_jwt', httpAddress)
    .option('--initiate-login-uri <uri or none>', 'where the app starts a sign-in: invitees are led there', httpAddressOrNone)
    .option('--post-logout-redirect-uri <uri or none>', 'where people go after signing out; may be repeated', orNone)
    .option('--backchannel-logout-uri <uri or none>', 'where the app hears of sign-outs', httpAddressOrNone)
    .option('--start-url <url or none>', 'the app’s own front page', httpAddressOrNone)
    .option('--resource <uri or none>', 'an API it may get tokens for; may be repeated', orNone)
    .option('--first-party', 'of your own house: people are not asked for consent')
    .option('--no-first-party', 'people are asked for consent')
    .option(
      '--scope <scopes>',
      'what it may ask for',
      matching(/^[\x21\x23-\x5B\x5D-\x7E]+( [\x21\x23-\x5B\x5D-\x7E]+)*$/, 'It must be names with single spaces between.'),
    )
    .addOption(algorithmOption('--signing-alg <alg>', 'how what it gets is signed; RS256 without it'))
    .option('--required-group <slug or none>', 'whoever is not in it gets nowhere near the app', text)
    .option('--without-pkce <why or none>', 'it cannot use PKCE, and why', text)
    .option('--pairwise', 'its people have a sub that no other app sees')
    .option('--no-pairwise', 'its people have the same sub everywhere')
    .option('--refresh', 'it may get refresh tokens')
    .option('--no-refresh', 'it gets no refresh tokens')
    .option('--service', 'it calls APIs for itself, with its own secret; nobody signs in to it without --redirect-uri')
    .option('--attach-group <slug or none>', 'a group that is this app’s business; may be repeated', collect(text))
    .option('--claims <file or none>', 'its claim mappings, as JSON')
    .option('--id-token-lasts <1h>', 'an hour without it', lengthOfTime({ mostYears: 1 }))
    .option('--access-token-lasts <10m>', 'ten minutes without it', lengthOfTime({ mostYears: 1 }))
    .option('--refresh-token-lasts <30d>', 'thirty days without it', lengthOfTime({ mostYears: 1 }))
    .option('--json', 'answer in JSON');
}

function httpAddress(text: string): string {
  if (!/^https?:\/\//.test(address(text))) throw new InvalidArgumentError('It must start with https:// (or http://).');
  return text;
}

function httpAddressOrNone(text: string): string {
  return text === 'none' ? text : httpAddress(text);
}

export type ClientWish = Input<'changeClient'>['body'];

type ReadFile = (path: string, encoding: 'utf8') => string;

/** Settings that `none` takes away. */
const removable = ['requiredGroup', 'withoutPkce', 'initiateLoginUri', 'backchannelLogoutUri', 'startUrl'] as const;

/** What was said of it, and nothing else; null: what is to be taken away. */
export function wishOf(options: ClientOptions, read: ReadFile): ClientWish {
  const { claims, jwksFile, attachGroup } = options;
  const said = defined({
    name: options.name,
    authMethod: options.public ? ('none' as const) : options.authMethod,
    jwks: jwksFile === undefined ? undefined : (readJson('--jwks-file', jwksFile, read) as NonNullable<ClientWish['jwks']>),
    jwksUri: options.jwksUri,
    redirectUris: options.redirectUri && [...options.redirectUri],
    postLogoutRedirectUris: options.postLogoutRedirectUri?.filter((uri) => uri !== 'none'),
    resources: options.resource?.filter((uri) => uri !== 'none'),
    scope: options.scope,
    firstParty: options.firstParty,
    signingAlg: options.signingAlg,
    pairwise: options.pairwise,
    attachedGroups: attachGroup?.filter((slug) => slug !== 'none'),
    grantTypes: grantTypesOf(options),
    lifetimes: lifetimesOf(options),
  });
  return {
    ...said,
    ...Object.fromEntries(removable.flatMap((name) => (options[name] === undefined ? [] : [[name, nullIfNone(options[name])]]))),
    ...(claims === undefined ? {} : { mappings: claims === 'none' ? null : mappingsIn(claims, read) }),
  };
}

function lifetimesOf({ idTokenLasts, accessTokenLasts, refreshTokenLasts }: ClientOptions): ClientWish['lifetimes'] {
  if ([idTokenLasts, accessTokenLasts, refreshTokenLasts].every((seconds) => seconds === undefined)) return undefined;
  return defined({ idTokenSeconds: idTokenLasts, accessTokenSeconds: accessTokenLasts, refreshTokenSeconds: refreshTokenLasts });
}

/** Undefined: as for everybody, or as it was. */
function grantTypesOf({ refresh, service, redirectUri }: ClientOptions): GrantType[] | undefined {
  if (service) return [...(redirectUri ? signingIn(refresh ?? true) : []), 'client_credentials'];
  return refresh === undefined ? undefined : signingIn(refresh);
}

function signingIn(refresh: boolean): GrantType[] {
  return refresh ? ['authorization_code', 'refresh_token'] : ['authorization_code'];
}

function nullIfNone(text: string): string | null {
  return text === 'none' ? null : text;
}

function readJson(option: string, file: string, read: ReadFile): unknown {
  try {
    return JSON.parse(read(file, 'utf8'));
  } catch {
    throw new Mistake(`option '${option}' must name a file of JSON that can be read`);
  }
}

function mappingsIn(file: string, read: ReadFile): NonNullable<ClientWish['mappings']> {
  const parsed = claimMappingsSchema.safeParse(readJson('--claims', file, read));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Mistake(`option '--claims' ${issue?.path.join('.') || 'the list'} ${issue?.message}`);
}

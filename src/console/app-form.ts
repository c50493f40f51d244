/** The settings of one app as fields of a form, and back. */
import { z } from 'zod';
import type { Input } from '../admin/http-client.ts';
import { authMethods, signingAlgorithms } from '../client/client.ts';
import { type Fields, lineOfText } from '../lib/form.ts';
import { optionalLine, webAddress, webAddresses, yes } from './app-fields.ts';
import type { ShownClient } from './app-shared.ts';

const optionalAddress = optionalLine(webAddress);
const number = (most: number) =>
  optionalLine(
    z
      .string()
      .regex(/^\d{1,6}$/, 'not_a_number')
      .transform(Number)
      .refine((value) => value >= 1 && value <= most, 'not_a_number'),
  );

const keySet = z
  .string()
  .max(30_000, 'too_long')
  .transform((text, check) => {
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value === 'object' && value !== null && 'keys' in value) return value as { keys: Record<string, unknown>[] };
    } catch {
      // What cannot be read is complained about below.
    }
    check.addIssue({ code: 'custom', message: 'not_a_key_set' });
    return z.NEVER;
  });

/** In the order of the page. */
export const appForm = z.strictObject({
  name: lineOfText(100),
  start: optionalAddress,
  group: z.string().max(100, 'other').default(''),
  first_party: yes,
  redirects: webAddresses,
  after_logout: webAddresses,
  initiate: optionalAddress,
  backchannel: optionalAddress,
  auth: z.enum(authMethods, 'other'),
  jwks: optionalLine(keySet),
  jwks_uri: optionalAddress,
  without_pkce: optionalLine(z.string().max(200, 'too_long')),
  people: yes,
  refresh: yes,
  itself: yes,
  scope: z
    .string()
    .trim()
    .min(1, 'required')
    .max(4_000, 'too_long')
    .transform((text) => text.split(/\s+/).join(' ')),
  resources: webAddresses,
  alg: z.enum(signingAlgorithms, 'other'),
  pairwise: yes,
  id_minutes: number(60),
  access_minutes: number(60),
  refresh_days: number(180),
  attached: z.array(z.string()),
});

/** Boxes `attach:choir` become a list. */
export function gatheredApp(fields: Fields): Fields {
  const attached = Object.keys(fields).flatMap((name) => (name.startsWith('attach:') ? [name.slice(7)] : []));
  const rest = Object.fromEntries(Object.entries(fields).filter(([name]) => !name.startsWith('attach:')));
  return { ...rest, attached } as unknown as Fields;
}

type Change = Input<'changeClient'>['body'];

type AppForm = z.output<typeof appForm>;

/** They are in one place, or in none. */
function keysOf({ auth, jwks, jwks_uri: uri }: AppForm): Pick<Change, 'jwks' | 'jwksUri'> {
  if (auth !== 'private_key_jwt') return { jwks: null, jwksUri: null };
  return uri === undefined ? { jwks: jwks ?? null, jwksUri: null } : { jwks: null, jwksUri: uri };
}

const lifetimeFields = ['id_minutes', 'access_minutes', 'refresh_days'] as const;
type LifetimeField = (typeof lifetimeFields)[number];

/** As they were shown, rounded: programs can say them by the second. */
export function sameLifetimes(typed: Fields, client: ShownClient): LifetimeField[] {
  const shown = fieldsOf(client);
  return lifetimeFields.filter((name) => typed[name] === shown[name]);
}

/** Those that are not named stay. */
function lifetimesOf(form: AppForm, same: readonly LifetimeField[]): NonNullable<Change['lifetimes']> {
  const seconds = (name: LifetimeField, unit: number) => (form[name] === undefined ? null : form[name] * unit);
  return {
    ...(same.includes('id_minutes') ? {} : { idTokenSeconds: seconds('id_minutes', 60) }),
    ...(same.includes('access_minutes') ? {} : { accessTokenSeconds: seconds('access_minutes', 60) }),
    ...(same.includes('refresh_days') ? {} : { refreshTokenSeconds: seconds('refresh_days', 86_400) }),
  };
}

export function changeOf(form: AppForm, same: readonly LifetimeField[]): Change {
  const grants = [form.people && 'authorization_code', form.refresh && 'refresh_token', form.itself && 'client_credentials'];
  return {
    name: form.name,
    startUrl: form.start ?? null,
    requiredGroup: form.group === '' ? null : form.group,
    firstParty: form.first_party === 'yes',
    redirectUris: form.redirects,
    postLogoutRedirectUris: form.after_logout,
    initiateLoginUri: form.initiate ?? null,
    backchannelLogoutUri: form.backchannel ?? null,
    authMethod: form.auth,
    ...keysOf(form),
    withoutPkce: form.without_pkce ?? null,
    grantTypes: grants.filter((grant): grant is Exclude<typeof grant, undefined | ''> => Boolean(grant)) as NonNullable<
      Change['grantTypes']
    >,
    scope: form.scope,
    resources: form.resources,
    signingAlg: form.alg,
    pairwise: form.pairwise === 'yes',
    lifetimes: lifetimesOf(form, same),
    attachedGroups: form.attached,
  };
}

export function fieldsOf(client: ShownClient): Fields {
  const { lifetimes, grantTypes } = client;
  const box = (is: boolean) => (is ? 'yes' : '');
  const parts = (seconds: number | undefined, unit: number) =>
    seconds === undefined ? '' : String(Math.max(1, Math.round(seconds / unit)));
  return {
    name: client.name,
    start: client.startUrl ?? '',
    group: client.requiredGroup ?? '',
    first_party: box(client.firstParty),
    redirects: client.redirectUris.join('\n'),
    after_logout: client.postLogoutRedirectUris.join('\n'),
    initiate: client.initiateLoginUri ?? '',
    backchannel: client.backchannelLogoutUri ?? '',
    auth: client.authMethod,
    jwks: client.jwks === null ? '' : JSON.stringify(client.jwks, null, 2),
    jwks_uri: client.jwksUri ?? '',
    without_pkce: client.withoutPkce ?? '',
    people: box(grantTypes.includes('authorization_code')),
    refresh: box(grantTypes.includes('refresh_token')),
    itself: box(grantTypes.includes('client_credentials')),
    scope: client.scope,
    resources: client.resources.join('\n'),
    alg: client.signingAlg,
    pairwise: box(client.pairwise),
    id_minutes: parts(lifetimes.idTokenSeconds, 60),
    access_minutes: parts(lifetimes.accessTokenSeconds, 60),
    refresh_days: parts(lifetimes.refreshTokenSeconds, 86_400),
    ...Object.fromEntries(client.attachedGroups.map((slug) => [`attach:${slug}`, 'yes'])),
  };
}

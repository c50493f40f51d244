/**
 * Apps that people connect, and how: what each needs of its client, which claim it reads, and what to write into its own
 * configuration. Owns what a preset is, and how its templates become settings. It saves nothing, and knows no secret.
 * Neighbours: `preset-operations.ts` and `preset-places.ts` (the apps), `preset-files.ts` and `preset-commands.ts`
 * (their configurations), `preset-page.ts` (docs/apps.md).
 */
import type { SigningAlgorithm } from './client.ts';
import type { ClaimReading } from './mapping-lint.ts';
import type { ClaimMapping } from './mapping-schema.ts';
import { operations } from './preset-operations.ts';
import { doors, places } from './preset-places.ts';

export type Preset = {
  readonly id: string;
  readonly name: string;
  /** Address of the page that documents the app's side. */
  readonly source: string;
  readonly client: {
    /** `none`: a public client. */
    readonly authMethod: 'client_secret_basic' | 'client_secret_post' | 'none';
    /** Why the app cannot use PKCE (RFC 7636). Undefined: it must. */
    readonly withoutPkce?: string;
    /** Asks for refresh tokens. */
    readonly refreshes?: true;
    /** What its configuration makes it send: without this nobody gets a refresh token by asking (OIDC Core §11). */
    readonly prompt?: 'consent';
    /** In these, `{base}` is the address of the app without a slash at the end, and `{origin}` its scheme, host and port. */
    readonly redirectUris: readonly string[];
    readonly postLogoutRedirectUris?: readonly string[];
    readonly initiateLoginUri?: string;
    readonly scopes: readonly string[];
  };
  readonly mappings: readonly ClaimMapping[];
  /** Undefined: the app reads nothing about groups. */
  readonly reads: ClaimReading | undefined;
  readonly notes: readonly string[];
  readonly snippet: (values: SnippetValues) => Snippet;
};

export type SnippetValues = {
  readonly issuer: string;
  readonly clientId: string;
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly scopes: readonly string[];
};

export type Snippet = {
  /** Where it goes: a file, a command, a page of the app. */
  readonly place: string;
  /** Of the code block. */
  readonly language: string;
  readonly text: string;
};

/** OpenID Connect Registration §2, in our words. */
export type PresetSettings = {
  readonly tokenEndpointAuthMethod: Preset['client']['authMethod'];
  readonly grantTypes: readonly ('authorization_code' | 'refresh_token')[];
  readonly responseTypes: readonly ['code'];
  /** Every app understands it, and some no other. */
  readonly signingAlg: SigningAlgorithm;
  readonly requirePkce: boolean;
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  readonly initiateLoginUri: string | undefined;
  /** Where the app lives; undefined: it has no address. */
  readonly startUrl: string | undefined;
  readonly scope: string;
};

/** By name. */
export const presets: readonly Preset[] = [...operations, ...doors, ...places].toSorted((one, other) =>
  one.name.localeCompare(other.name, 'en'),
);

export function findPreset(id: string): Preset | undefined {
  return presets.find((preset) => preset.id === id);
}

/** Whether it takes the address of an app to make the settings; kubectl, for one, has none. */
export function needsBaseUrl({ client }: Preset): boolean {
  return templatesOf(client).some((template) => template.includes('{'));
}

function templatesOf({ redirectUris, postLogoutRedirectUris = [], initiateLoginUri = '' }: Preset['client']): string[] {
  return [...redirectUris, ...postLogoutRedirectUris, initiateLoginUri];
}

/** What to register. Undefined: the address is not one that an app can live at. */
export function settingsOf(preset: Preset, baseUrl: string): PresetSettings | undefined {
  const address = needsBaseUrl(preset) ? readAddress(baseUrl) : { base: '', origin: '' };
  if (!address) return undefined;
  const { authMethod, refreshes, withoutPkce, redirectUris, postLogoutRedirectUris = [], initiateLoginUri, scopes } = preset.client;
  const fill = (template: string) => template.replace('{base}', () => address.base).replace('{origin}', () => address.origin);
  return {
    tokenEndpointAuthMethod: authMethod,
    grantTypes: refreshes ? ['authorization_code', 'refresh_token'] : ['authorization_code'],
    responseTypes: ['code'],
    signingAlg: 'RS256',
    requirePkce: withoutPkce === undefined,
    redirectUris: redirectUris.map(fill),
    postLogoutRedirectUris: postLogoutRedirectUris.map(fill),
    initiateLoginUri: initiateLoginUri && fill(initiateLoginUri),
    startUrl: address.base || undefined,
    scope: scopes.join(' '),
  };
}

/** What to write into the app's configuration; undefined as in `settingsOf`. */
export function snippetOf(preset: Preset, values: Omit<SnippetValues, 'scopes'>): Snippet | undefined {
  const address = needsBaseUrl(preset) ? readAddress(values.baseUrl) : { base: values.baseUrl };
  if (!address) return undefined;
  return preset.snippet({ ...values, issuer: values.issuer.replace(/\/$/, ''), baseUrl: address.base, scopes: preset.client.scopes });
}

function readAddress(text: string): { readonly base: string; readonly origin: string } | undefined {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) return undefined;
  return { base: url.href.replace(/\/+$/, ''), origin: url.origin };
}

/**
 * How each app reads its claim, after its documentation or source: small, but with the same care and the same
 * carelessness. They share no code with what they read.
 */

export type Claims = Readonly<Record<string, unknown>>;
export type Told = { readonly idToken: Claims; readonly userInfo: Claims };

/** What the app makes of it: its own names of groups, or no sign-in at all. */
export type Reading = readonly string[] | 'refused';

type Reader = (told: Told) => Reading;

const strings = (value: unknown): string[] => (Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []);
const oneOrMore = (value: unknown): string[] => (typeof value === 'string' ? [value] : strings(value));
const atCommas = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** social.SearchJSONForStringSliceAttr, of the ID token and then of UserInfo; an empty answer is none. */
const grafana: Reader = ({ idToken, userInfo }) => {
  const found = [idToken, userInfo].map((claims) => strings(jmesPath('groups', claims)));
  return found.find((groups) => groups.length > 0) ?? [];
};

/** omniauth_openid_connect lays the ID token over UserInfo; Ruby's Array() makes a list of one of a string. */
const gitlab: Reader = ({ idToken, userInfo }) => oneOrMore({ ...userInfo, ...idToken }['groups']);

/** jwtutil.GetScopeValues, with `scopes: '[groups]'`. */
const argoCd: Reader = ({ idToken }) => oneOrMore(idToken['groups']);

/** oidc.go: `stringOrArray`, or the token is refused; then the prefix. */
const kubernetes: Reader = ({ idToken }) => {
  const claim = idToken['groups'] ?? [];
  if (typeof claim !== 'string' && (!Array.isArray(claim) || claim.some((item) => typeof item !== 'string'))) return 'refused';
  return oneOrMore(claim).map((group) => `oidc:${group}`);
};

/** vault-plugin-auth-jwt: getClaim takes a JSON pointer; normalizeList; a claim that is absent, or no list of strings, ends it. */
export function vaultGroups({ idToken, userInfo }: Told, groupsClaim: string): Reading {
  const all = { ...idToken, ...userInfo };
  const claim = groupsClaim.startsWith('/') ? jsonPointer(all, groupsClaim) : (all as Claims)[groupsClaim];
  const list = typeof claim === 'string' ? [claim] : claim;
  if (!Array.isArray(list) || list.some((item) => typeof item !== 'string')) return 'refused';
  return list.filter((group) => group !== '');
}

/** policy.GetValuesFromClaims; without a policy there is no sign-in. */
const minio: Reader = ({ idToken }) => {
  const policies = oneOrMore(idToken['policy']).flatMap(atCommas);
  return policies.length === 0 ? 'refused' : policies;
};

/** PVE::API2::OpenId: an ARRAY, names that verify_groupname takes, and the realm behind them. */
const proxmox: Reader = ({ idToken, userInfo }) =>
  strings({ ...idToken, ...userInfo }['groups'])
    .filter((group) => /^[A-Za-z0-9.\-_]+$/.test(group))
    .map((group) => `${group}-guestlist`);

/** oidc.groupsFromClaims: a list; UserInfo goes before the ID token. */
const harbor: Reader = ({ idToken, userInfo }) => strings(userInfo['groups'] ?? idToken['groups']);

/** OicSecurityRealm: a string is one group. */
const jenkins: Reader = ({ idToken, userInfo }) => oneOrMore(userInfo['groups'] ?? idToken['groups']);

/** util.claimExtractor: the ID token, then UserInfo; what is no string is told as JSON. */
const oauth2Proxy: Reader = ({ idToken, userInfo }) => {
  const claim = idToken['groups'] ?? userInfo['groups'] ?? [];
  return (Array.isArray(claim) ? claim : [claim]).map((item) => (typeof item === 'string' ? item : JSON.stringify(item)));
};

/** `Require claim groups:…` of the claims of both. */
const apache: Reader = ({ idToken, userInfo }) => oneOrMore({ ...idToken, ...userInfo }['groups']);

const cloudflareAccess: Reader = ({ idToken }) => oneOrMore(idToken['groups']);

/** ProvisioningService.getSyncGroupsOfToken: a string is split at commas; objects have a `gid`; 64 characters are the most. */
const nextcloud: Reader = ({ idToken }) => {
  const claim = idToken['groups'];
  const list = typeof claim === 'string' ? atCommas(claim) : Array.isArray(claim) ? claim : [];
  const ids = list.map((group) => (typeof group === 'string' ? group : (group as { readonly gid?: string }).gid));
  return ids.filter((id) => id !== undefined && id.length <= 64) as string[];
};

/** claimValueToStringSet: Go's %s of whatever it is, split at commas unless it is a list; goth lays UserInfo over the ID token. */
const gitea: Reader = ({ idToken, userInfo }) => {
  const claim = { ...idToken, ...userInfo }['groups'];
  if (claim === undefined) return [];
  return Array.isArray(claim)
    ? claim.map((group) => (typeof group === 'string' ? group : JSON.stringify(group)))
    : String(claim).split(',');
};

/** openid.ts: `toArray` splits a string at commas. */
const directus: Reader = ({ idToken, userInfo }) => {
  const claim = { ...idToken, ...userInfo }['groups'];
  if (!claim) return [];
  return typeof claim === 'string' ? claim.split(',') : strings(claim);
};

/** `attribute_requirements`: in the list, or the same. */
const synapse: Reader = ({ idToken }) => oneOrMore(idToken['groups']);

/** `RoleClaim`: without dots each claim is a role; with dots they lead into its JSON. */
export function jellyfinRoles({ idToken, userInfo }: Told, roleClaim: string): Reading {
  const [first = '', ...inner] = roleClaim.split('.');
  const claim = (userInfo[first] ?? idToken[first]) as unknown;
  if (inner.length === 0) return oneOrMore(claim);
  return strings(inner.reduce((value, key) => (value as Claims | undefined)?.[key], claim));
}

export const readers: Readonly<Record<string, Reader>> = {
  grafana,
  gitlab,
  'argo-cd': argoCd,
  kubernetes,
  vault: (told) => vaultGroups(told, 'groups'),
  minio,
  'proxmox-ve': proxmox,
  harbor,
  jenkins,
  'oauth2-proxy': oauth2Proxy,
  'mod-auth-openidc': apache,
  'cloudflare-access': cloudflareAccess,
  nextcloud,
  gitea,
  outline: () => [],
  directus,
  synapse,
  jellyfin: (told) => jellyfinRoles(told, 'groups'),
};

/** RFC 6901. */
function jsonPointer(document: unknown, pointer: string): unknown {
  const keys = pointer.split('/').slice(1);
  return keys.reduce((value: unknown, key) => (value as Claims | undefined)?.[key.replaceAll('~1', '/').replaceAll('~0', '~')], document);
}

/**
 * As much of JMESPath as Grafana's documentation uses for roles: `a || b`, `a && b`, `contains(list[*], 'x')`, `'x'`
 * and paths. False, empty and absent are the same to `||` and `&&`.
 */
export function jmesPath(expression: string, claims: Claims): unknown {
  const text = expression.trim();
  const either = splitOnce(text, '||');
  if (either) return isTrue(jmesPath(either[0], claims)) ? jmesPath(either[0], claims) : jmesPath(either[1], claims);
  const both = splitOnce(text, '&&');
  if (both) return isTrue(jmesPath(both[0], claims)) ? jmesPath(both[1], claims) : jmesPath(both[0], claims);
  const literal = /^'(.*)'$/.exec(text);
  if (literal) return literal[1];
  const contains = /^contains\((.+),\s*'(.+)'\)$/.exec(text);
  if (contains) return strings(jmesPath(contains[1] ?? '', claims)).includes(contains[2] ?? '');
  const all = /^(.+)\[\*\]$/.exec(text);
  if (all) return strings(jmesPath(all[1] ?? '', claims));
  return text.split('.').reduce((value: unknown, key) => (value as Claims | undefined)?.[key], claims);
}

function splitOnce(text: string, operator: string): readonly [string, string] | undefined {
  const at = text.indexOf(` ${operator} `);
  return at < 0 ? undefined : [text.slice(0, at), text.slice(at + operator.length + 2)];
}

function isTrue(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false && value !== '' && !(Array.isArray(value) && value.length === 0);
}

/**
 * The name of a claim, and where in a set of claims it leads. A name with a colon or a slash (a URI, `cognito:groups`)
 * is one claim; in any other name a dot leads into an object, as in `resource_access.wiki.roles`.
 */

/** What the protocol itself says in a token, in UserInfo, in an introspection answer or in a logout token. */
const protocolClaims = [
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'auth_time', 'nonce', 'acr', 'amr', 'azp', 'at_hash', 'c_hash', 's_hash', 'rt_hash'],
  ...['sid', 'events', 'toe', 'txn', 'client_id', 'scope', 'cnf', 'act', 'may_act', 'authorization_details', 'sub_id', 'sub_jwk'],
  ...['active', 'token_type', 'username', 'entity_id', 'vot', 'vtm', 'htm', 'htu', 'ath', '_claim_names', '_claim_sources', 'invitation'],
];

/** OpenID Connect Core 1.0 §5.1: about the person. A group could otherwise pass for a proven e-mail address. */
const personClaims = [
  ...['name', 'given_name', 'family_name', 'middle_name', 'nickname', 'preferred_username', 'profile', 'picture', 'website', 'email'],
  ...['email_verified', 'gender', 'birthdate', 'zoneinfo', 'locale', 'phone_number', 'phone_number_verified', 'address', 'updated_at'],
];

export const reservedClaims: ReadonlySet<string> = new Set([...protocolClaims, ...personClaims]);

/** Keys that reach the prototype of an object when an app copies them carelessly. */
const unsafeKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

const maxPathLength = 6;

/** Visible ASCII but for the two that JSON escapes. */
const claimNamePattern = /^[\x21\x23-\x5B\x5D-\x7E]{1,200}$/;

export type ClaimPath = readonly [string, ...string[]];

export function pathOf(name: string): ClaimPath {
  const [first = '', ...rest] = /[:/]/.test(name) ? [name] : name.split('.');
  return [first, ...rest];
}

/** What the member of the `claims` parameter that asks for it is called. */
export function topOf(name: string): string {
  return pathOf(name)[0];
}

/** Stands in the place of a list that is too long: `groups_overage` beside `groups`. */
export function overagePathOf(name: string): ClaimPath {
  const [first, ...rest] = pathOf(name);
  const last = rest.at(-1);
  return last === undefined ? [`${first}_overage`] : [first, ...rest.slice(0, -1), `${last}_overage`];
}

export type NameComplaint = 'claim_name_malformed' | 'claim_name_unsafe' | 'reserved_claim';

export function complaintAboutName(name: string): NameComplaint | undefined {
  const path = pathOf(name);
  if (!claimNamePattern.test(name) || path.length > maxPathLength || path.includes('')) return 'claim_name_malformed';
  if (path.some((segment) => unsafeKeys.has(segment))) return 'claim_name_unsafe';
  return reservedClaims.has(path[0]) ? 'reserved_claim' : undefined;
}

/** One of them is the other, or leads into it. */
export function overlap(one: ClaimPath, other: ClaimPath): boolean {
  return one.every((segment, index) => other[index] === segment || index >= other.length);
}

/** Objects on the way are made. What is there already stays: overlapping names do not get past the schema. */
export function writeClaim(claims: Record<string, unknown>, path: ClaimPath, value: unknown): void {
  const [first, ...rest] = path;
  const [next, ...others] = rest;
  if (next === undefined) {
    if (!Object.hasOwn(claims, first)) claims[first] = value;
    return;
  }
  if (!Object.hasOwn(claims, first)) claims[first] = {};
  const inner = claims[first];
  if (typeof inner === 'object' && inner !== null && !Array.isArray(inner))
    writeClaim(inner as Record<string, unknown>, [next, ...others], value);
}

/** Whether a value can be a key of an object. Any other key that is copied makes a member, this one a prototype. */
export function isSafeKey(key: string): boolean {
  return key !== '__proto__';
}

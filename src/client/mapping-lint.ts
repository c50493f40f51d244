/**
 * What would go wrong with the claim mappings of a client, told before they are saved. Owns the codes and their English
 * sentences. A refusal cannot be saved; a warning is for a person to weigh. Pure; `samples` are people whose claims it
 * tries out, best those with the most memberships.
 */
import { separators, survivesJoining, type ClaimEntry, type ClaimFormat } from './claim-format.ts';
import { type ClaimFacts, type ClaimRequest, entriesOf, mapClaims } from './claim-mapping.ts';
import { topOf } from './claim-name.ts';
import { type ClaimMapping, claimMappingsSchema, type ClaimUse } from './mapping-schema.ts';

/** How an app reads the claim about groups, from its documentation. */
export type ClaimReading = {
  readonly claim: string;
  /** In the order in which the app looks. */
  readonly where: readonly ClaimUse[];
  readonly formats: readonly ClaimFormat[];
  /** What the app takes apart, or joins for whoever stands behind it. */
  readonly joinedWith?: string;
  /** Values that the app takes; it ignores or refuses others. */
  readonly accepts?: RegExp;
};

export type ClientFacts = {
  /** Scopes that it may ask for. */
  readonly scopes: readonly string[];
  /** It has a resource, so that its access tokens can be JWTs. */
  readonly hasJwtAccessTokens: boolean;
  readonly attachedGroups: readonly string[];
  readonly reads?: ClaimReading | undefined;
};

/**
 * Bytes of all mapped claims in an ID token or JWT access token, as JSON. Apps carry the token in a cookie or a header,
 * and proxies before them stop at 8 KiB for a header line (nginx `large_client_header_buffers`, Apache
 * `LimitRequestFieldSize`). Base64 takes a third more, and the rest of the token about 1 KiB. 200 slugs of 20 letters fit.
 */
export const mappedClaimsLimit = 5 * 1024;

/** Above this, people should think of a filter. */
export const manyGroups = 50;

export type LintLevel = 'warning' | 'refusal';

const sentences = {
  invalid_mapping: '{message}.',
  claim_name_malformed: 'The name {name} cannot be the name of a claim.',
  claim_name_unsafe: 'The name {name} is not safe for apps that copy claims into objects.',
  reserved_claim: 'The claim {name} is filled by the protocol or by the account; groups cannot write it.',
  overlapping_claims: 'The claims {name} and {other} would be written in the same place.',
  never_asked_for: 'Nobody asks for the claim {name}: the app may not ask for any of the scopes that release it.',
  only_by_parameter: 'The claim {name} is released by the claims parameter only; few apps send it.',
  nothing_attached: 'The claim {name} tells groups attached to this app, and none is.',
  claim_not_sent: 'The app reads the claim {name}, and no mapping writes it.',
  app_never_sees: 'The app reads {name} from {reads}, where it is not sent.',
  place_not_read: 'The app does not read {name} from {place}.',
  format_not_read: 'The app does not understand {name} as {format}; it reads {reads}.',
  access_token_is_opaque: 'The claim {name} is to be told in JWT access tokens, and this app has no resource they could be for.',
  name_can_change: 'The claim {name} tells display names. They can change, and two groups can have the same one.',
  separator_in_value: 'The value {value} of {name} contains what stands between values; it would read as several.',
  value_not_accepted: 'The app does not accept the value {value} of {name}.',
  many_values: 'Somebody has {count} values of {name}; apps do better with {limit} or fewer.',
  over_maximum: 'Somebody has {count} values of {name}, and the maximum is {limit}: beyond it, the app gets none of them in a token.',
  overage_not_read: 'Somebody has too many values of {name} for a token, and does not get them from UserInfo.',
  too_large: 'Somebody’s claims would take {size} bytes of the {place}, and the limit is {limit}.',
} as const;

export type LintCode = keyof typeof sentences;

export type Finding = {
  readonly code: LintCode;
  readonly level: LintLevel;
  /** Like `0.where`; empty where it is about all mappings. */
  readonly path: string;
  readonly params: Readonly<Record<string, string | number>>;
};

/** The English sentence. */
export function sentenceOf({ code, params }: Finding): string {
  return sentences[code].replace(/\{(\w+)\}/g, (whole, name) => String(params[name] ?? whole));
}

/** `mappings` may be anything, as it came; what the schema refuses is refused here in the same words as the rest. */
export function lintMappings(mappings: unknown, client: ClientFacts, samples: readonly ClaimFacts[] = []): Finding[] {
  const parsed = claimMappingsSchema.safeParse(mappings);
  if (!parsed.success) return parsed.error.issues.map(toFinding);
  const findings = [
    ...parsed.data.flatMap((mapping, index) => [
      ...lintTrigger(mapping, client).map((finding) => at(finding, index)),
      ...lintPlaces(mapping, client).map((finding) => at(finding, index)),
      ...lintValues(mapping, client, samples).map((finding) => at(finding, index)),
    ]),
    ...lintWhole(parsed.data, client, samples),
  ];
  return findings.map(([level, code, path, params]) => ({ level, code, path, params }));
}

type Draft = readonly [level: LintLevel, code: LintCode, path: string, params: Finding['params']];

function at([level, code, path, params]: Draft, index: number): Draft {
  return [level, code, `${index}.${path}`, params];
}

type Issue = { readonly path: readonly PropertyKey[]; readonly message: string; readonly params?: Record<string, unknown> | undefined };

function toFinding({ path, message, params = {} }: Issue): Finding {
  const { code, ...rest } = params;
  const known = typeof code === 'string' && Object.hasOwn(sentences, code) ? (code as LintCode) : 'invalid_mapping';
  const place = path.map(String).join('.');
  const ofMessage = { message: `${place || 'The list of mappings'} ${message}` };
  return { code: known, level: 'refusal', path: place, params: known === 'invalid_mapping' ? ofMessage : (rest as Finding['params']) };
}

function lintTrigger({ name, trigger, filter }: ClaimMapping, client: ClientFacts): Draft[] {
  const drafts: Draft[] = [];
  if (!trigger.always && !trigger.scopes.some((scope) => client.scopes.includes(scope)))
    drafts.push(['warning', trigger.claimsParameter ? 'only_by_parameter' : 'never_asked_for', 'trigger', { name }]);
  if (filter.kind === 'attached' && client.attachedGroups.length === 0) drafts.push(['warning', 'nothing_attached', 'filter', { name }]);
  return drafts;
}

function lintPlaces({ name, where, format, source }: ClaimMapping, { hasJwtAccessTokens, reads }: ClientFacts): Draft[] {
  const drafts: Draft[] = [];
  if (where.includes('access_token') && !hasJwtAccessTokens) drafts.push(['warning', 'access_token_is_opaque', 'where', { name }]);
  if (reads?.claim !== name) return drafts;
  if (!where.some((use) => reads.where.includes(use)))
    drafts.push(['warning', 'app_never_sees', 'where', { name, reads: reads.where.join(', ') }]);
  for (const place of where) if (!reads.where.includes(place)) drafts.push(['warning', 'place_not_read', 'where', { name, place }]);
  if (source !== 'constant' && !reads.formats.includes(format))
    drafts.push(['refusal', 'format_not_read', 'format', { name, format, reads: reads.formats.join(', ') }]);
  return drafts;
}

function lintValues(mapping: ClaimMapping, client: ClientFacts, samples: readonly ClaimFacts[]): Draft[] {
  const { name, source, value } = mapping;
  if (source === 'constant') return [];
  const people = samples.map((facts) => entriesOf(facts, mapping, client.attachedGroups));
  const changing: Draft[] = value.kind === 'name' ? [['warning', 'name_can_change', 'value', { name }]] : [];
  return [...changing, ...lintEntries(people.flat(), mapping, client.reads), ...lintCount(people, mapping, client.reads)];
}

function lintEntries(entries: readonly ClaimEntry[], { name, format }: ClaimMapping, reads: ClaimReading | undefined): Draft[] {
  const reading = reads?.claim === name ? reads : undefined;
  const between = separators[format] ?? reading?.joinedWith;
  const values = [...new Set(entries.map(({ value }) => value))];
  const torn = between === undefined ? undefined : values.find((value) => !survivesJoining(value, between));
  const unwanted = values.find((value) => reading?.accepts && !reading.accepts.test(value));
  return [
    ...(torn === undefined ? [] : [['warning', 'separator_in_value', 'value', { name, value: torn }] as const]),
    ...(unwanted === undefined ? [] : [['warning', 'value_not_accepted', 'value', { name, value: unwanted }] as const]),
  ];
}

/** Without a filter, everybody’s list grows with every group; so it is refused before the first person loses access. */
function lintCount(
  people: readonly (readonly ClaimEntry[])[],
  { name, maximum, filter, where }: ClaimMapping,
  reads: ClaimReading | undefined,
): Draft[] {
  const count = Math.max(0, ...people.map((entries) => entries.length));
  const drafts: Draft[] = [];
  const isTooMany = maximum !== null && count > maximum && where.some((use) => use !== 'userinfo');
  if (isTooMany) drafts.push([filter.kind === 'all' ? 'refusal' : 'warning', 'over_maximum', 'maximum', { name, count, limit: maximum }]);
  else if (count > manyGroups) drafts.push(['warning', 'many_values', 'filter', { name, count, limit: manyGroups }]);
  const isReadThere = where.includes('userinfo') && (reads?.claim !== name || reads.where.includes('userinfo'));
  if (isTooMany && !isReadThere) drafts.push(['warning', 'overage_not_read', 'where', { name }]);
  return drafts;
}

function lintWhole(mappings: readonly ClaimMapping[], client: ClientFacts, samples: readonly ClaimFacts[]): Draft[] {
  const { reads } = client;
  const drafts: Draft[] = [];
  if (reads && !mappings.some(({ name }) => name === reads.claim)) drafts.push(['warning', 'claim_not_sent', '', { name: reads.claim }]);
  for (const use of ['id_token', 'access_token'] as const) {
    const request = everything(mappings, client, use);
    const size = Math.max(0, ...samples.map((facts) => sizeOf(mapClaims(facts, mappings, request))));
    if (size > mappedClaimsLimit) drafts.push(['refusal', 'too_large', '', { size, place: use, limit: mappedClaimsLimit }]);
  }
  return drafts;
}

/** A request for all that could be asked for. */
function everything(mappings: readonly ClaimMapping[], { attachedGroups }: ClientFacts, use: ClaimUse): ClaimRequest {
  const grantedScopes = mappings.flatMap(({ trigger }) => trigger.scopes);
  return { use, grantedScopes, claimsParameter: mappings.map(({ name }) => topOf(name)), attachedGroups };
}

/** In bytes, as JSON. */
export function sizeOf(claims: Readonly<Record<string, unknown>>): number {
  return Buffer.byteLength(JSON.stringify(claims));
}

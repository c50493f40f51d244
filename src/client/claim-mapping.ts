/**
 * What each relying app hears of a person's groups, roles and rights. Owns the way from memberships to claims, by the
 * mappings of one client: a pure function, asked anew for every token. It knows neither clients nor the database.
 * Neighbours: `mapping-schema.ts` (what a mapping may be), `claim-name.ts`, `claim-format.ts`, `mapping-lint.ts`,
 * `presets.ts`; `group/claims.ts` is what a provider without mappings says.
 */
import { groupClaims } from '../group/claims.ts';
import { plainRole } from '../group/group.ts';
import { type ClaimEntry, fitting, formatClaim } from './claim-format.ts';
import { overagePathOf, pathOf, topOf, writeClaim } from './claim-name.ts';
import { type ClaimMapping, claimMappingsSchema, type ClaimUse } from './mapping-schema.ts';

export type GroupName = { readonly groupId: string; readonly slug: string; readonly name: string };

/** One row for each role that a person has in a group. Groups that are archived are not among them. */
export type MembershipFact = GroupName & {
  readonly role: string;
  /** The groups that this one is in, however far up. */
  readonly ancestors: readonly GroupName[];
};

/** All that is in force for one person at one instant; the order means nothing. */
export type ClaimFacts = {
  readonly memberships: readonly MembershipFact[];
  /** Direct ones and those that come with groups. */
  readonly rights: readonly { readonly name: string }[];
};

export type ClaimRequest = {
  readonly use: ClaimUse;
  readonly grantedScopes: readonly string[];
  /** Names in the member of the `claims` parameter for this use (OpenID Connect Core 1.0 §5.5); none for access tokens. */
  readonly claimsParameter: readonly string[];
  /** Ids of the groups that are attached to this client. */
  readonly attachedGroups: readonly string[];
};

/** For a client without mappings of its own: the same as `group/claims.ts` gives, however long. */
export const defaultMappings: readonly ClaimMapping[] = claimMappingsSchema.parse(
  groupClaims.map((name) => ({
    name,
    source: name,
    where: ['id_token', 'userinfo', 'access_token'],
    maximum: null,
    trigger: { scopes: [name] },
  })),
);

/**
 * The claims of one place, as an object that JSON can tell. Nothing that was not asked for; a list with more values
 * than the mapping's maximum is told in UserInfo only, and elsewhere `<name>_overage: true` stands in its place.
 */
export function mapClaims(facts: ClaimFacts, mappings: readonly ClaimMapping[], request: ClaimRequest): Record<string, unknown> {
  const claims: Record<string, unknown> = {};
  for (const mapping of mappings) {
    if (mapping.where.includes(request.use) && isAskedFor(mapping, request)) mapClaim(claims, mapping, { facts, request });
  }
  return claims;
}

type Asked = { readonly facts: ClaimFacts; readonly request: ClaimRequest };

function isAskedFor({ name, trigger }: ClaimMapping, { grantedScopes, claimsParameter }: ClaimRequest): boolean {
  if (trigger.always || trigger.scopes.some((scope) => grantedScopes.includes(scope))) return true;
  return trigger.claimsParameter && claimsParameter.includes(topOf(name));
}

function mapClaim(claims: Record<string, unknown>, mapping: ClaimMapping, { facts, request }: Asked): void {
  if (mapping.source === 'constant') {
    const constant = constantOf(mapping, { facts, request });
    if (constant !== undefined) writeClaim(claims, pathOf(mapping.name), constant);
    return;
  }
  const entries = fitting(entriesOf(facts, mapping, request.attachedGroups), mapping.format);
  if (entries.length === 0 && mapping.empty === 'absent') return;
  const isTooLong = mapping.maximum !== null && entries.length > mapping.maximum && request.use !== 'userinfo';
  if (isTooLong) writeClaim(claims, overagePathOf(mapping.name), true);
  else writeClaim(claims, pathOf(mapping.name), formatClaim(entries, mapping.format));
}

/** With a filter, a constant says that the person is in one of these groups; `otherwise` that they are in none. */
function constantOf(mapping: ClaimMapping, { facts, request }: Asked): ClaimMapping['constant'] {
  const { filter, constant, otherwise } = mapping;
  const applies = filter.kind === 'all' || groupItems(facts, mapping).some((item) => passes(item, filter, request.attachedGroups));
  return applies ? constant : otherwise;
}

/** What one value is made of. */
type Item = {
  /** What tables list, and what the order goes by: the slug, `slug:role`, or the name of the right. */
  readonly key: string;
  readonly slug: string;
  readonly groupId: string;
  readonly name: string;
  /** `:role`, or nothing. */
  readonly suffix: string;
  readonly roles: readonly string[];
};

/** Every value once, by the order of slugs; how many there are is what the maximum counts. */
export function entriesOf(facts: ClaimFacts, mapping: ClaimMapping, attachedGroups: readonly string[]): ClaimEntry[] {
  const items = itemsOf(facts, mapping)
    .filter((item) => passes(item, mapping.filter, attachedGroups))
    .toSorted((one, other) => inOrder(one.key, other.key));
  const entries = new Map<string, ClaimEntry>();
  for (const item of items) {
    for (const value of valuesOf(item, mapping.value)) {
      const known = entries.get(value);
      const roles = [...new Set([...(known?.roles ?? []), ...item.roles])].toSorted(inOrder);
      entries.set(value, { value, display: known?.display ?? item.name, roles });
    }
  }
  return [...entries.values()];
}

function itemsOf(facts: ClaimFacts, mapping: ClaimMapping): Item[] {
  if (mapping.source === 'entitlements')
    return facts.rights.map(({ name }) => ({ key: name, slug: name, groupId: '', name, suffix: '', roles: [] }));
  const groups = groupItems(facts, mapping);
  if (mapping.source !== 'roles') return groups;
  return groups.flatMap((group) =>
    group.roles.map((role) => ({
      ...group,
      key: `${group.slug}:${role}`,
      name: `${group.name}: ${role}`,
      suffix: `:${role}`,
      roles: [role],
    })),
  );
}

/** Whoever is in a group is a plain member of the groups above it. */
function groupItems({ memberships }: ClaimFacts, { ancestors }: ClaimMapping): Item[] {
  const groups = new Map<string, { group: GroupName; roles: Set<string> }>();
  const add = (group: GroupName, role: string) => {
    const known = groups.get(group.groupId) ?? { group, roles: new Set<string>() };
    known.roles.add(role);
    groups.set(group.groupId, known);
  };
  for (const membership of memberships) {
    add(membership, membership.role);
    if (ancestors) for (const ancestor of membership.ancestors) add(ancestor, plainRole);
  }
  return [...groups.values()].map(({ group: { groupId, slug, name }, roles }) => ({
    ...{ key: slug, slug, groupId, name, suffix: '' },
    roles: [...roles].toSorted(inOrder),
  }));
}

function passes({ slug, groupId }: Item, filter: ClaimMapping['filter'], attachedGroups: readonly string[]): boolean {
  switch (filter.kind) {
    case 'all':
      return true;
    case 'attached':
      return attachedGroups.includes(groupId);
    case 'list':
      return filter.names.includes(slug);
    case 'pattern':
      return matches(slug, filter.pattern);
  }
}

function valuesOf({ key, slug, groupId, name, suffix }: Item, value: ClaimMapping['value']): readonly string[] {
  switch (value.kind) {
    case 'slug':
      return [key];
    case 'id':
      return [`${groupId}${suffix}`];
    case 'name':
      return [name];
    case 'prefix':
      return [`${value.prefix}${slug}${suffix}`];
    case 'table': {
      const listed = Object.hasOwn(value.table, key) ? value.table[key] : undefined;
      if (listed === undefined) return value.unlisted === 'keep' ? [key] : [];
      return typeof listed === 'string' ? [listed] : listed;
    }
  }
}

/**
 * `*` is any run of characters, `?` any one. Goes back to the last star only, so that no pattern takes longer than its
 * length times that of the text.
 */
function matches(text: string, pattern: string): boolean {
  let [at, position, star, resume] = [0, 0, -1, 0];
  while (at < text.length) {
    if (pattern[position] === '*') [star, resume, position] = [position, at, position + 1];
    else if (pattern[position] === '?' || pattern[position] === text[at]) [at, position] = [at + 1, position + 1];
    else if (star >= 0) [resume, at, position] = [resume + 1, resume + 1, star + 1];
    else return false;
  }
  while (pattern[position] === '*') position++;
  return position === pattern.length;
}

/** By code unit: the same on every machine, and for slugs the same as the database's own order. */
function inOrder(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

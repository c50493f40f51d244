/** Which apps a group concerns, and what they would hear if it had another name: asked of the same mappings that fill tokens. */
import { fitting, formatClaim } from '../client/claim-format.ts';
import { type ClaimFacts, defaultMappings, entriesOf, type GroupName } from '../client/claim-mapping.ts';
import type { Client } from '../client/client.ts';
import type { ClaimMapping } from '../client/mapping-schema.ts';
import { plainRole } from '../group/group.ts';
import type { AppTie, ClaimChange } from './group-data.ts';

export type GroupAndAbove = GroupName & { readonly above: readonly GroupName[] };

/** None: it is not the app's business. */
export function tiesOf(client: Client, group: GroupAndAbove): AppTie[] {
  const isTold = mappingsOf(client).some((mapping) => textOf(mapping, client, group) !== '');
  return [
    ...(client.requiredGroup === group.slug ? (['required'] as const) : []),
    ...(client.attachedGroups.includes(group.slug) ? (['attached'] as const) : []),
    ...(isTold ? (['told'] as const) : []),
  ];
}

/** Of somebody who is a plain member of this group and of no other. */
export function claimChanges(clients: readonly Client[], group: GroupAndAbove, name: string): ClaimChange[] {
  return clients.flatMap((client) =>
    mappingsOf(client).flatMap((mapping) => {
      const [before, after] = [textOf(mapping, client, group), textOf(mapping, client, { ...group, name })];
      return before === after ? [] : [{ app: client.name, claim: mapping.name, before, after }];
    }),
  );
}

function mappingsOf({ mappings }: Client): readonly ClaimMapping[] {
  return (mappings ?? defaultMappings).filter(({ source }) => source === 'groups' || source === 'roles');
}

/** As JSON; empty: nothing of this group. */
function textOf(mapping: ClaimMapping, { attachedGroups }: Client, { above, ...group }: GroupAndAbove): string {
  const facts: ClaimFacts = { memberships: [{ ...group, role: plainRole, ancestors: [...above] }], rights: [] };
  const attached = [group, ...above].filter(({ slug }) => attachedGroups.includes(slug)).map(({ groupId }) => groupId);
  const entries = fitting(entriesOf(facts, mapping, attached), mapping.format);
  return entries.length === 0 ? '' : JSON.stringify(formatClaim(entries, mapping.format));
}

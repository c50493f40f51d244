/** What would go wrong with an app's claim mappings, tried out on the people who are in the most groups. */
import { findBusiestAccounts } from '../group/membership-store.ts';
import { findMembershipFacts } from '../group/membership-facts.ts';
import { findGroup } from '../group/store.ts';
import type { Queryable } from '../lib/db.ts';
import { defaultMappings } from './claim-mapping.ts';
import type { Client } from './client.ts';
import { type Finding, lintMappings } from './mapping-lint.ts';
import { findPreset } from './presets.ts';

const sampleCount = 3;

export async function lintClient(db: Queryable, client: Client, now: Date): Promise<Finding[]> {
  const { scope, resources, attachedGroups, preset, mappings = defaultMappings } = client;
  const accountIds = await findBusiestAccounts(db, now, sampleCount);
  const samples = await Promise.all(accountIds.map((accountId) => findMembershipFacts(db, accountId, now)));
  const groups = await Promise.all(attachedGroups.map((slug) => findGroup(db, slug)));
  const facts = {
    scopes: scope.split(' '),
    hasJwtAccessTokens: resources.length > 0,
    attachedGroups: groups.flatMap((group) => (group ? [group.id] : [])),
    reads: preset === undefined ? undefined : findPreset(preset)?.reads,
  };
  return lintMappings(mappings, facts, samples);
}

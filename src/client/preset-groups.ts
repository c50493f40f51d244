/** What most apps want: the slugs of a person's groups, as a list. */
import { claimMappingsSchema, type ClaimMapping, type ClaimUse } from './mapping-schema.ts';

export const withGroups = ['openid', 'profile', 'email', 'groups'];

/** The slugs of all groups. */
function groupsIn(...where: readonly ClaimUse[]): readonly ClaimMapping[] {
  return claimMappingsSchema.parse([{ name: 'groups', source: 'groups', where, trigger: { scopes: ['groups'] } }]);
}

export const everywhere = {
  mappings: groupsIn('id_token', 'userinfo'),
  reads: { claim: 'groups', where: ['id_token', 'userinfo'], formats: ['array'] },
} as const;
export const inIdToken = { mappings: groupsIn('id_token'), reads: { claim: 'groups', where: ['id_token'], formats: ['array'] } } as const;

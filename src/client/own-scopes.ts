/**
 * What an app can be let do at our own API, `<issuer>/api`, which is an OAuth resource of this provider (RFC 8707). Whether
 * the person, or the app by itself, may do it is asked with each call as well.
 */

/** For the person whose token it is: invite, and look after their invitations. */
export const invitationsScope = 'invitations';

/** For whoever runs the server or a group: see, and change. */
export const adminScopes = [
  'invitations:read',
  'invitations:write',
  'campaigns:read',
  'campaigns:write',
  'requests:read',
  'requests:write',
  'groups:read',
  'groups:write',
  'memberships:read',
  'memberships:write',
  'accounts:read',
  'accounts:write',
  'clients:read',
  'clients:write',
  'keys:read',
  'keys:write',
  'audit:read',
  'mail:read',
  'mail:write',
  'settings:read',
  'settings:write',
] as const;

export type AdminScope = (typeof adminScopes)[number];

export function isAdminScope(name: string): name is AdminScope {
  return (adminScopes as readonly string[]).includes(name);
}

export function isOwnScope(name: string): boolean {
  return name === invitationsScope || isAdminScope(name);
}

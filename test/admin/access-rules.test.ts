import { describe, expect, test } from 'vitest';
import { type Caller, managesOffer, reachOf, seesOffer } from '../../src/admin/access.ts';
import { adminScopes } from '../../src/client/own-scopes.ts';

const manager: Caller = {
  accountId: 'maya',
  clientId: undefined,
  scopes: new Set(adminScopes),
  isAdmin: false,
  managed: [{ id: '1', slug: 'choir' }],
};

describe('what is a manager’s business', () => {
  test('is an offer of their own groups, whoever made it', () => {
    expect(managesOffer(manager, { grants: ['choir:tenor'], gives: [{ role: 'tenor' }] })).toBe(true);
    expect(managesOffer(manager, { grants: ['choir:member', 'board:member'], gives: [{ role: 'member' }, { role: 'member' }] })).toBe(
      false,
    );
  });
  test('is no right, though its name begins like their group', () => {
    expect(managesOffer(manager, { grants: ['choir:edit'], gives: [{ role: undefined }] })).toBe(false);
    expect(managesOffer(manager, { grants: ['choir:edit'], gives: [{ role: null }] })).toBe(false);
  });
  test('is what they made themselves, but not who came by it', () => {
    const offered = { grants: ['board:member'], gives: [{ role: 'member' }] };
    expect(seesOffer(manager, { inviterId: 'maya', ...offered })).toBe(true);
    expect(managesOffer(manager, offered)).toBe(false);
  });
  test('is nothing that the token was not let do, nor what is the admins’', () => {
    expect(() => reachOf({ ...manager, scopes: new Set(['groups:read']) }, 'invitations:read')).toThrow('insufficient_scope');
    expect(() => reachOf(manager, 'keys:write')).toThrow('access_denied');
    expect(() => reachOf({ ...manager, managed: [] }, 'groups:read')).toThrow('access_denied');
    expect(reachOf({ ...manager, isAdmin: true }, 'keys:write')).toBe('all');
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Grant, type Holdings, noHoldings } from '../../src/group/group.ts';
import { type Giver, mayGive } from '../../src/group/policy.ts';

/** Written out: it is a name that operators use. */
const adminRight = 'guestlist:admin';

/** `choir:manager` is a role in a group; what has no such form is the right `lights`. */
function grantOf(text: string): Grant {
  const [groupId = '', role] = text.split(':');
  if (role === undefined) return { kind: 'right', right: text, description: '' };
  return { kind: 'group', groupId, slug: groupId, name: groupId, description: '', role, sensitive: false, archived: false };
}

function holdingsOf(roles: readonly string[]): Holdings {
  return {
    memberships: roles.map((text) => {
      const [groupId = '', role = ''] = text.split(':');
      return { groupId, role };
    }),
    rights: [{ right: 'lights' }, { right: adminRight }],
  };
}

const giver = (...roles: string[]): Giver => ({ holdings: holdingsOf(roles), entitlements: ['lights'] });
const admin = (...roles: string[]): Giver => ({ holdings: holdingsOf(roles), entitlements: ['lights', adminRight] });

describe('who may give', () => {
  it.each<[string, Giver, string[], boolean]>([
    ['an admin who is in no group: everything', admin(), ['choir:member', 'choir:manager', 'lights', 'board:treasurer'], true],
    ['a manager: membership', giver('choir:manager'), ['choir:member'], true],
    ['a manager: their own role', giver('choir:manager'), ['choir:manager'], true],
    ['a manager who is a librarian too: that as well', giver('choir:librarian', 'choir:manager'), ['choir:librarian'], true],
    ['a manager who is no librarian: not that', giver('choir:manager'), ['choir:librarian'], false],
    ['a manager who is a librarian elsewhere: not that', giver('choir:manager', 'board:librarian'), ['choir:librarian'], false],
    ['a librarian: not even their own role', giver('choir:librarian', 'choir:member'), ['choir:librarian'], false],
    ['a member: not even membership', giver('choir:member'), ['choir:member'], false],
    ['a manager of another group: nothing', giver('board:manager'), ['choir:member'], false],
    ['a manager of another group, and a member here: nothing', giver('board:manager', 'choir:member'), ['choir:member'], false],
    ['a manager: no right, though they have it', giver('choir:manager'), ['lights'], false],
    ['a manager: not with a right among it', giver('choir:manager'), ['choir:member', 'lights'], false],
    ['a manager of both: both', giver('choir:manager', 'board:manager'), ['choir:member', 'board:member'], true],
    ['a manager of one: not both', giver('choir:manager'), ['choir:member', 'board:member'], false],
    ['a manager of the other: not both', giver('board:manager'), ['choir:member', 'board:member'], false],
    ['anybody: nothing at all', giver(), [], true],
    ['anybody: no membership', giver(), ['choir:member'], false],
  ])('%s', (_what, who, wanted, answer) => {
    expect(mayGive(who, wanted.map(grantOf))).toBe(answer);
  });

  it('is no newcomer, unless there is nothing to give', () => {
    const newcomer = { holdings: noHoldings, entitlements: [] };
    expect(mayGive(newcomer, [])).toBe(true);
    for (const text of Object.keys(needed)) expect(mayGive(newcomer, [grantOf(text)])).toBe(false);
  });

  it('is an admin by the very right, from wherever they have it, and by no other', () => {
    const lights = [grantOf('lights')];
    expect(mayGive({ holdings: noHoldings, entitlements: [adminRight] }, lights)).toBe(true);
    for (const right of [`${adminRight}s`, `x${adminRight}`, 'guestlist', 'admin', 'manager', 'lights'])
      expect(mayGive({ holdings: noHoldings, entitlements: [right] }, lights)).toBe(false);
  });

  /** All that one must be, to give it; undefined: only an admin. */
  const needed: Record<string, readonly string[] | undefined> = {
    'choir:member': ['choir:manager'],
    'choir:manager': ['choir:manager'],
    'choir:librarian': ['choir:manager', 'choir:librarian'],
    'board:member': ['board:manager'],
    'board:librarian': ['board:manager', 'board:librarian'],
    lights: undefined,
    [adminRight]: undefined,
  };
  const roles = ['choir:member', 'choir:manager', 'choir:librarian', 'board:member', 'board:manager', 'board:librarian'];
  const somebodies = Array.from({ length: 2 ** roles.length }, (_, bits) => roles.filter((_role, index) => bits & (1 << index)));
  const offers = Object.keys(needed).flatMap((one) => Object.keys(needed).map((other) => [one, other]));

  it(`is as listed for each of ${somebodies.length} sets of roles and ${offers.length} offers, admin or not`, () => {
    const wrong = somebodies.flatMap((has) =>
      offers.filter((wanted) => {
        const grants = wanted.map(grantOf);
        const isAllowed = wanted.every((text) => needed[text]?.every((role) => has.includes(role)));
        return mayGive(giver(...has), grants) !== isAllowed || !mayGive(admin(...has), grants);
      }),
    );
    expect(wrong).toEqual([]);
  });

  describe('in a tree of groups', () => {
    // verein ⊃ (choir ⊃ tenors, board)
    const above = new Map([
      ['choir', ['verein']],
      ['board', ['verein']],
      ['tenors', ['choir', 'verein']],
    ]);

    it.each<[string, string[], string[], boolean]>([
      ['a manager at the top: membership everywhere beneath', ['verein:manager'], ['choir:member', 'tenors:member', 'board:member'], true],
      ['a manager at the top: managers everywhere beneath', ['verein:manager'], ['choir:manager', 'tenors:manager'], true],
      ['a manager above: what they are there themselves', ['verein:manager', 'tenors:librarian'], ['tenors:librarian'], true],
      ['a manager above: no other role beneath', ['verein:manager'], ['tenors:librarian'], false],
      ['a manager above: not the role that they have above', ['verein:manager', 'verein:librarian'], ['choir:librarian'], false],
      ['a manager above: no right', ['verein:manager'], ['choir:member', 'lights'], false],
      ['a manager in the middle: beneath', ['choir:manager'], ['tenors:member', 'tenors:manager'], true],
      ['a manager in the middle: nothing above', ['choir:manager'], ['verein:member'], false],
      ['a manager in the middle: nothing beside', ['choir:manager'], ['board:member'], false],
      ['a manager at the bottom: their own', ['tenors:manager'], ['tenors:member'], true],
      ['a manager at the bottom: nothing in the middle', ['tenors:manager'], ['choir:member'], false],
      ['a manager at the bottom: nothing at the top', ['tenors:manager', 'verein:member'], ['verein:member'], false],
      ['a member at the top: nothing', ['verein:member', 'verein:librarian'], ['choir:member'], false],
    ])('%s', (_what, has, wanted, answer) => {
      expect(mayGive(giver(...has), wanted.map(grantOf), { above })).toBe(answer);
    });

    const all = ['verein', 'choir', 'tenors', 'board'];

    it('nobody without a role in a group or above it gives anything there, and the tree takes nothing from anybody', () => {
      const roles = all.flatMap((group) => ['member', 'manager', 'librarian'].map((role) => `${group}:${role}`));
      fc.assert(
        fc.property(fc.subarray(roles), fc.constantFrom(...roles), (has, wanted) => {
          const [group = ''] = wanted.split(':');
          const grants = [grantOf(wanted)];
          const near = has.filter((text) => [group, ...(above.get(group) ?? [])].includes(text.split(':')[0] ?? ''));
          expect(mayGive(giver(...has), grants, { above })).toBe(mayGive(giver(...near), grants, { above }));
          if (mayGive(giver(...has), grants)) expect(mayGive(giver(...has), grants, { above })).toBe(true);
          if (!has.some((text) => text.endsWith(':manager'))) expect(mayGive(giver(...has), grants, { above })).toBe(false);
        }),
      );
    });
  });

  it('is whoever may give each by itself: no grant helps another, and more roles never take away', () => {
    fc.assert(
      fc.property(fc.subarray(roles), fc.subarray(roles), fc.subarray(Object.keys(needed)), (has, more, wanted) => {
        const grants = wanted.map(grantOf);
        const may = mayGive(giver(...has), grants);
        expect(may).toBe(grants.every((grant) => mayGive(giver(...has), [grant])));
        if (may) expect(mayGive(giver(...has, ...more), grants)).toBe(true);
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  endOf,
  type Grant,
  type Holdings,
  isBarred,
  isHeld,
  missingGrants,
  newGrants,
  noHoldings,
  rightPattern,
  rolePattern,
  slugPattern,
} from '../../src/group/group.ts';

function membership(groupId: string, role: string): Grant {
  return { kind: 'group', groupId, slug: groupId, name: groupId, description: '', role, sensitive: false, archived: false };
}

function right(name: string): Grant {
  return { kind: 'right', right: name, description: '' };
}

const now = new Date('2026-11-21T12:00:00Z');
const day = 24 * 60 * 60;
const inDays = (days: number) => new Date(now.getTime() + days * day * 1000);

describe('what a person has already', () => {
  const holdings: Holdings = {
    memberships: [
      { groupId: 'choir', role: 'manager' },
      { groupId: 'board', role: 'member' },
    ],
    rights: [{ right: 'wiki:edit' }],
  };

  it.each([
    [membership('choir', 'manager'), true],
    [membership('choir', 'member'), true],
    [membership('choir', 'editor'), false],
    [membership('board', 'member'), true],
    [membership('board', 'manager'), false],
    [membership('stage', 'member'), false],
    [right('wiki:edit'), true],
    [right('wiki'), false],
    [right('choir'), false],
    [membership('wiki:edit', 'member'), false],
  ])('%j: %s', (grant, held) => {
    expect(newGrants([grant], holdings, now)).toEqual(held ? [] : [grant]);
    expect(missingGrants([grant], holdings)).toEqual(held ? [] : [grant]);
  });

  it('is a place in a group in whatever role, and nothing else', () => {
    expect(['choir', 'board', 'stage', 'wiki:edit', 'choi', ''].filter((groupId) => isHeld(groupId, holdings))).toEqual(['choir', 'board']);
    expect(isHeld('choir', noHoldings)).toBe(false);
  });

  it('is told of whatever may be sensitive or archived: that is not asked here', () => {
    for (const marks of [{ sensitive: true }, { archived: true }]) {
      expect(newGrants([{ ...membership('choir', 'member'), ...marks } as Grant], holdings, now)).toEqual([]);
      expect(newGrants([{ ...membership('stage', 'member'), ...marks } as Grant], holdings, now)).toHaveLength(1);
    }
  });

  const names = fc.constantFrom('a', 'b', 'c');
  const grants = fc.array(
    fc.oneof(
      fc.tuple(names, fc.constantFrom('member', 'manager')).map(([id, role]) => membership(id, role)),
      names.map(right),
    ),
  );

  it('leaves the rest, in order; and nothing once that is given', () => {
    fc.assert(
      fc.property(grants, grants, (offered, had) => {
        const added = newGrants(offered, holdingsOf(had), now);
        expect(added).toEqual(offered.filter((grant) => added.includes(grant)));
        expect(newGrants(offered, holdingsOf([...had, ...added]), now)).toEqual([]);
        expect(newGrants(offered, noHoldings, now)).toEqual(offered);
      }),
    );
  });

  function holdingsOf(given: readonly Grant[]): Holdings {
    return {
      memberships: given.flatMap((grant) => (grant.kind === 'group' ? [{ groupId: grant.groupId, role: grant.role }] : [])),
      rights: given.flatMap((grant) => (grant.kind === 'right' ? [{ right: grant.right }] : [])),
    };
  }
});

describe('what ends by itself', () => {
  const offer = (ends?: Grant['ends']): Grant => ({ ...membership('choir', 'member'), ends });
  const held = (endsAt?: Date): Holdings => ({ memberships: [{ groupId: 'choir', role: 'member', endsAt }], rights: [] });

  it.each([
    ['for ever, to nobody', undefined, noHoldings, true],
    ['for ever, to one who has it for ever', undefined, held(), false],
    ['for ever, to one whose time is limited', undefined, held(inDays(90)), true],
    ['90 days, to one who has it for ever', { afterSeconds: 90 * day }, held(), false],
    ['90 days, to one who has 60 left', { afterSeconds: 90 * day }, held(inDays(60)), true],
    ['90 days, to one who has 90 left', { afterSeconds: 90 * day }, held(inDays(90)), false],
    ['90 days, to one who has 91 left', { afterSeconds: 90 * day }, held(inDays(91)), false],
    ['until a day, to one who has it until the day before', { at: inDays(30) }, held(inDays(29)), true],
    ['until a day, to one who has it until then', { at: inDays(30) }, held(inDays(30)), false],
    ['until a day that is over', { at: inDays(-1) }, noHoldings, false],
    ['until this very moment', { at: now }, noHoldings, false],
    ['until a moment from now', { at: new Date(now.getTime() + 1) }, noHoldings, true],
  ] as const)('%s', (_what, ends, holdings, isNew) => {
    expect(newGrants([offer(ends)], holdings, now)).toEqual(isNew ? [offer(ends)] : []);
  });

  it('is not missing to one who has it for a shorter time', () => {
    expect(missingGrants([offer()], held(inDays(1)))).toEqual([]);
    expect(missingGrants([offer({ at: inDays(-1) })], noHoldings)).toHaveLength(1);
  });

  it('counts from the moment of accepting, or not at all', () => {
    expect(endOf(offer(), now)).toBeUndefined();
    expect(endOf(offer({ at: inDays(30) }), now)).toEqual(inDays(30));
    expect(endOf(offer({ afterSeconds: 90 * day }), now)).toEqual(inDays(90));
    expect(endOf(offer({ afterSeconds: 1 }), inDays(1))).toEqual(new Date(inDays(1).getTime() + 1000));
  });
});

describe('what somebody else took away', () => {
  const librarian = membership('choir', 'librarian');
  const member = membership('choir', 'member');
  const fromChoir = (role: string) => ({ groupId: 'choir', role, removedAt: now });
  const fromRight = (name: string) => ({ right: name, removedAt: now });
  const inChoirAs = (role: string): Holdings => ({ memberships: [{ groupId: 'choir', role }], rights: [] });
  const withWiki: Holdings = { memberships: [], rights: [{ right: 'wiki:edit' }] };

  it.each([
    ['the same role, to one who is out', librarian, noHoldings, fromChoir('librarian'), true],
    ['another role, to one who is out', librarian, noHoldings, fromChoir('manager'), true],
    ['membership, to one who is out', member, noHoldings, fromChoir('librarian'), true],
    ['the same role, to one who is still in', librarian, inChoirAs('member'), fromChoir('librarian'), true],
    ['another role, to one who is still in', librarian, inChoirAs('member'), fromChoir('manager'), false],
    ['the same role, to one who has it again', librarian, inChoirAs('librarian'), fromChoir('librarian'), false],
    ['membership, to one who is still in', member, inChoirAs('librarian'), fromChoir('member'), false],
    ['the same role in another group', membership('board', 'librarian'), noHoldings, fromChoir('librarian'), false],
    ['the same right', right('wiki:edit'), noHoldings, fromRight('wiki:edit'), true],
    ['the same right, to one who has it again', right('wiki:edit'), withWiki, fromRight('wiki:edit'), false],
    ['another right', right('wiki:edit'), noHoldings, fromRight('wiki:read'), false],
    ['a right named like the group', right('choir'), noHoldings, fromChoir('librarian'), false],
    ['a group named like the right', member, noHoldings, fromRight('choir'), false],
  ] as const)('%s', (_what, grant, holdings, removal, barred) => {
    expect(isBarred(grant, holdings, removal)).toBe(barred);
  });
});

describe('a name that apps see', () => {
  it.each(['choir', 'kammerchor-nord', '2026', 'a', 'a.b_c-d', 'a'.repeat(64), 'systems', 'system'])('of a group may be %s', (slug) => {
    expect(slug).toMatch(slugPattern);
  });

  it.each(['', '-choir', '.hidden', '_x', 'Choir', 'chör', 'a b', 'a,b', 'a:b', 'a/b', 'system:admins', 'choir\n', 'a\0', 'a'.repeat(65)])(
    'of a group is not %j',
    (slug) => {
      expect(slug).not.toMatch(slugPattern);
    },
  );

  it.each(['manager', 'm', '1st-tenor', 'a.b_c-d', 'a'.repeat(64)])('of a role may be %s', (role) => {
    expect(role).toMatch(rolePattern);
  });

  it.each(['', '-x', '.x', '_x', 'Manager', 'a b', 'a,b', 'a:b', 'a/b', 'ü', 'manager\n', 'a'.repeat(65)])(
    'of a role is not %j',
    (role) => {
      expect(role).not.toMatch(rolePattern);
    },
  );

  it.each(['wiki:edit', 'files:/shared/read', 'a.b_c-d', '0', 'a'.repeat(128)])('of a right may be %s', (name) => {
    expect(name).toMatch(rightPattern);
  });

  it.each(['', ':wiki', '/wiki', 'Wiki:edit', 'wiki edit', 'wiki,edit', 'wiki:edit\n', 'a'.repeat(129)])('of a right is not %j', (name) => {
    expect(name).not.toMatch(rightPattern);
  });
});

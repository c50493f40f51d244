import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Grant, type Holdings, newGrants, noHoldings, rightPattern, slugPattern } from '../../src/group/group.ts';

function membership(groupId: string, role: string): Grant {
  return { kind: 'group', groupId, slug: groupId, name: groupId, description: '', role };
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
    ['until a day that is over', { at: inDays(-1) }, noHoldings, false],
  ] as const)('%s', (_what, ends, holdings, isNew) => {
    expect(newGrants([offer(ends)], holdings, now)).toEqual(isNew ? [offer(ends)] : []);
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

  it.each(['wiki:edit', 'files:/shared/read', '0', 'a'.repeat(128)])('of a right may be %s', (name) => {
    expect(name).toMatch(rightPattern);
  });

  it.each(['', ':wiki', '/wiki', 'Wiki:edit', 'wiki edit', 'wiki,edit', 'wiki:edit\n', 'a'.repeat(129)])('of a right is not %j', (name) => {
    expect(name).not.toMatch(rightPattern);
  });
});

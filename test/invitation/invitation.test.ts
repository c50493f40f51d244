import { describe, expect, it } from 'vitest';
import { type Decision, decide, decideApproval, owesPin, refusalAtDoor, refusalOfPin, stateOf } from '../../src/invitation/invitation.ts';
import { facts, now, offered, person } from './cell-facts.ts';
import { at, cellsIn, hold, type Row, readRows, readSlice, type Slice, read } from './cells.ts';

/** Who was removed comes back by what was addressed to them since, and by nothing else; who is in needs no more room. */
const groupRules = `
  removed_from_group       removed_from=editor has=nothing|right removed=when_made|after
  removed_from_group       removed_from=editor has=nothing|right address=none|any
  removed_from_group       removed_from=manager has=nothing|right|role removed=when_made|after
  removed_from_group       removed_from=manager has=nothing|right|role address=none|any
  removed_from_group       removed_from=board has=nothing|role|manager|right removed=when_made|after
  removed_from_group       removed_from=board has=nothing|role|manager|right address=none|any
  removed_from_group       removed_from=right has=nothing|role|manager removed=when_made|after
  removed_from_group       removed_from=right has=nothing|role|manager address=none|any
  group_full               full=choir has=nothing|right
  group_full               full=board has=nothing|role|manager|right
`;

/**
 * The rules of the product. The first row that fits decides; a column that a row does not name may be anything. Their
 * order is the one in which a person hears of things: what cannot be helped, what is settled, what the invitation is,
 * what they can do something about, and last the groups.
 */
const rules = readRows(`
  account_disabled         account=disabled

  already_member           redeemed=yes has=all|brief
  invitation_used_up       redeemed=yes
  awaiting_approval        asked=waits revoked=no

  invitation_revoked       revoked=yes
  invitation_replaced      replaced=yes
  invitation_expired       ends=now|earlier
  invitation_suspended     standing=unconfirmed|archived|inviter_may_not
  invitation_not_started   starts=later

  approval_rejected        asked=rejected
  already_member           account=existing has=all
  already_member           account=existing has=brief inviter=self
  invitation_used_up       taken=all|held|too_many

  pin_required             pin=not_passed|passed_before_set locked=no
  pin_locked               pin=not_passed|passed_before_set

  sign_in_too_weak         needs=bronze strength=none|unheard|unheard_too
  sign_in_too_weak         needs=silver strength=none|unheard|unheard_too|bronze
  sign_in_too_weak         needs=unheard strength=none|bronze|silver|gold|unheard_too

  email_mismatch           address=exact account=existing invited=none
  email_not_verified       address=exact|verify invited=none|unverified proven=none|other

  email_not_verified       domains=of_invited account=existing invited=unverified proven=none|other
  email_not_verified       domains=of_invited account=newcomer invited=none|unverified proven=none
  email_domain_not_allowed domains=of_invited invited=none|unverified proven=none|other
  email_not_verified       domains=of_other account=existing other=unverified proven=none|invited
  email_not_verified       domains=of_other account=newcomer other=none|unverified proven=none
  email_domain_not_allowed domains=of_other other=none|unverified proven=none|invited

  ${groupRules}
  ask                      approval=needed
  join
`);

/** Approving somebody who waits, whatever became of the time and the places since. */
const approvalRules = readRows(`
  account_disabled         account=disabled
  invitation_revoked       revoked=yes
  invitation_suspended     standing=unconfirmed|archived|inviter_may_not
  ${groupRules}
  join
`);

const states = readRows(`
  revoked                  revoked=yes
  expired                  ends=now|earlier
  suspended                standing=unconfirmed|archived|inviter_may_not
  not_started              starts=later
  used_up                  taken=all|held|too_many
  open
`);

const doorRules = readRows(`
  invitation_revoked       revoked=yes
  invitation_replaced      replaced=yes
  invitation_expired       ends=now|earlier
  invitation_suspended     standing=unconfirmed|archived|inviter_may_not
  invitation_not_started   starts=later
  nothing
`);

const pinRules = readRows(`
  nothing                  pin=none|passed|passed_when_set
  pin_required             locked=no
  pin_locked
`);

/**
 * First all columns together, each in its most telling values: 22 trillion cells are more than can be seen in a few
 * seconds, even lazily. Then, for each part of the rule, every value of what it reads, with something before it and
 * something after it that refuses. The finer values (at this very moment, kept for others) mean the same to all other
 * parts as a coarser one: refused or not; so they need not meet each other.
 */
const slices = [
  // Everything together.
  readSlice(`
    starts=now|later standing=fine|unconfirmed|archived|inviter_may_not taken=some|all|held inviter=other
    pin=none|not_passed|passed_when_set|passed_before_set locked=no|for_minutes needs=nothing|silver
    other=none proven=none|invited domains=all|of_invited
    has=nothing|role|brief|all removed_from=nothing|board removed=before|when_made asked=never|waits|lapses_now|rejected|approved`),
  // What the invitation is, and what went before.
  readSlice(`
    pin=none|not_passed locked=no needs=nothing|unheard strength=none address=none|any domains=all
    removed_from=nothing|editor full=none|choir`),
  // PINs, and strengths of sign-in.
  readSlice(`
    revoked=no ends=later starts=at_once standing=fine taken=none|all inviter=operator replaced=no redeemed=no asked=never
    address=none|exact invited=none other=none domains=all|of_other has=nothing|all removed_from=nothing|board full=none|board`),
  // Addresses and domains.
  readSlice(`
    revoked=no ends=later starts=at_once standing=fine taken=none|all inviter=operator replaced=no redeemed=no asked=never
    pin=none|not_passed needs=nothing|silver strength=none|silver has=nothing|all removed_from=nothing|board full=none|board`),
  // Groups and rights.
  readSlice(`
    revoked=no ends=later starts=at_once standing=fine taken=none|all replaced=no redeemed=no asked=never
    pin=none|not_passed needs=nothing invited=none|verified other=none proven=none domains=all|of_other`),
];
const everything = [readSlice('')];

function countOf(looked: readonly Slice[]): string {
  return looked.reduce((sum, slice) => sum + cellsIn(slice), 0).toLocaleString('en');
}

/** Of what is offered, in that order. */
const lacking = { nothing: [0, 1, 2, 3], role: [1, 2, 3], manager: [2, 3], right: [0, 1, 2], brief: [0, 1, 2, 3], all: [] } as const;

function nameOf(decision: Decision): string {
  if (decision.outcome === 'refused') return decision.code;
  if (!('newGrants' in decision)) return decision.outcome;
  const expected = lacking[read(at.has)];
  const isExpected =
    decision.newGrants.length === expected.length && expected.every((index, i) => decision.newGrants[i] === offered[index]);
  return isExpected ? decision.outcome : `${decision.outcome} to something else`;
}

function expectToHold(rows: readonly Row[], looked: readonly Slice[], actual: () => string): void {
  const reached = new Set<Row>();
  for (const slice of looked) {
    const result = hold(rows, slice, actual);
    expect(result.wrong).toEqual([]);
    expect(result.cells).toBe(cellsIn(slice));
    for (const row of result.reached) reached.add(row);
  }
  expect(rows.filter((row) => !reached.has(row)).map(({ text }) => text)).toEqual([]);
}

describe('the decision', () => {
  it(`is what the rules say in each of ${countOf(slices)} cells, and no rule is idle`, { timeout: 60_000 }, () => {
    expectToHold(rules, slices, () => nameOf(decide(facts, person, now)));
  });
});

const slicesOfApproval = [
  readSlice('starts=now|later taken=none|all address=none|any removed_from=nothing|board'),
  readSlice('revoked=no ends=now starts=now standing=fine taken=some'),
];

describe('the decision about somebody who asked', () => {
  it(`is what the rules say in each of ${countOf(slicesOfApproval)} cells, and no rule is idle`, () => {
    expectToHold(approvalRules, slicesOfApproval, () => nameOf(decideApproval(facts, person, now)));
  });
});

describe('before anybody has signed in', () => {
  it(`the state is as listed in each of ${countOf(everything)} cells`, () => {
    expectToHold(states, everything, () => stateOf(facts, now));
  });

  it(`the door is closed as listed in each of ${countOf(everything)} cells`, () => {
    expectToHold(doorRules, everything, () => refusalAtDoor(facts, now) ?? 'nothing');
  });

  it(`the PIN is asked for as listed in each of ${countOf(everything)} cells`, () => {
    expectToHold(pinRules, everything, () => refusalOfPin(facts) ?? 'nothing');
  });

  it('somebody owes a PIN who is asked for it, locked or not', () => {
    const owed = pinRules.map((row) => ({ ...row, outcome: row.outcome === 'nothing' ? 'false' : 'true' }));
    const actual = () => String(owesPin({ invitation: facts.invitation, pinPassedAt: facts.approach.pinPassedAt }));
    expectToHold(owed, everything, actual);
  });
});

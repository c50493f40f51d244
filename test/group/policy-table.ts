/** Every rule of a group's policy: just allowed, just over, and where the policy says nothing. Asked of the rule and of the product. */
import type { PolicyRule } from '../../src/group/policy.ts';
import type { GroupPolicyWish } from '../../src/group/set-policy.ts';
import type { InviteOptions } from '../../src/invitation/wish.ts';

export const day = 24 * 60 * 60;
export const hour = 60 * 60;

export type Case = {
  readonly name: string;
  readonly policy: GroupPolicyWish;
  /** Of the inviter in the group. */
  readonly as: readonly string[];
  readonly role?: string;
  /** At the instant that is the argument. */
  readonly wish: (now: Date) => Omit<InviteOptions, 'inviterId' | 'groups' | 'pin'> & { readonly pin?: string };
  /** Places that the same inviter has offered within the last 24 hours. */
  readonly usedToday?: number;
  readonly refused: PolicyRule | undefined;
};

const in_ = (seconds: number) => (now: Date) => new Date(now.getTime() + seconds * 1000);
const nothing = () => ({});

type Row = readonly [policy: GroupPolicyWish, wish: Case['wish'], refused: boolean];

/** By one who manages the group. */
const limits: Readonly<Partial<Record<PolicyRule, readonly Row[]>>> = {
  channel: [
    [{ channels: ['mail'] }, () => ({ email: 'ben@example.org' }), false],
    [{ channels: ['mail'] }, nothing, true],
    [{ channels: ['mail'] }, () => ({ email: 'ben@example.org', channels: ['mail', 'link'] }), true],
    [{ channels: ['link'] }, nothing, false],
    [{ channels: ['link'] }, () => ({ email: 'ben@example.org', channels: ['link'] }), false],
    [{ channels: ['link'] }, () => ({ email: 'ben@example.org' }), true],
    [{ channels: ['link', 'mail'] }, () => ({ email: 'ben@example.org', channels: ['mail', 'link'] }), false],
    [{}, () => ({ email: 'ben@example.org', channels: ['mail', 'link'] }), false],
  ],
  lifetime: [
    [{ maxLifetimeSeconds: day }, (now) => ({ expiresAt: in_(day)(now) }), false],
    [{ maxLifetimeSeconds: day }, (now) => ({ expiresAt: new Date(in_(day)(now).getTime() + 1) }), true],
    [{ maxLifetimeSeconds: day }, (now) => ({ expiresAt: in_(60)(now) }), false],
    [{}, (now) => ({ expiresAt: in_(3_000 * day)(now) }), false],
  ],
  places: [
    [{ maxPlaces: 3 }, () => ({ maxUses: 3 }), false],
    [{ maxPlaces: 3 }, () => ({ maxUses: 4 }), true],
    [{ maxPlaces: 1 }, nothing, false],
    [{}, () => ({ maxUses: 1_000_000 }), false],
  ],
  pin: [
    [{ pinForLinks: true }, () => ({ pin: '471193' }), false],
    [{ pinForLinks: true }, nothing, true],
    [{ pinForLinks: true }, () => ({ email: 'ben@example.org' }), false],
    [{ pinForLinks: true }, () => ({ email: 'ben@example.org', channels: ['mail', 'link'] }), true],
    [{}, nothing, false],
  ],
  domain: [
    [{ domains: ['choir.example'] }, () => ({ email: 'ben@choir.example' }), false],
    [{ domains: ['choir.example'] }, () => ({ email: 'ben@choir.example', emailRule: 'verify' }), false],
    [{ domains: ['choir.example'] }, () => ({ email: 'ben@choir.example', emailRule: 'any' }), true],
    [{ domains: ['choir.example'] }, () => ({ email: 'ben@choir.example', emailRule: 'any', domains: ['choir.example'] }), false],
    [{ domains: ['choir.example'] }, () => ({ email: 'ben@evilchoir.example' }), true],
    [{ domains: ['choir.example'] }, () => ({ email: 'ben@choir.example.net' }), true],
    [{ domains: ['choir.example'] }, () => ({ email: 'ben@alt.choir.example' }), true],
    [{ domains: ['choir.example'] }, () => ({ domains: ['choir.example'] }), false],
    [{ domains: ['choir.example'] }, () => ({ domains: ['choir.example', 'other.example'] }), true],
    [{ domains: ['choir.example'] }, () => ({ domains: ['*.choir.example'] }), true],
    [{ domains: ['choir.example'] }, nothing, true],
    [{ domains: ['*.choir.example'] }, () => ({ domains: ['alt.choir.example', '*.choir.example', '*.low.choir.example'] }), false],
    [{ domains: ['*.choir.example'] }, () => ({ domains: ['choir.example'] }), true],
    [{ domains: ['*.choir.example'] }, () => ({ domains: ['evilchoir.example'] }), true],
    [{ domains: ['*.choir.example', 'choir.example'] }, () => ({ email: 'Ben@CHOIR.example' }), false],
    [{}, () => ({ email: 'ben@anywhere.example', emailRule: 'any' }), false],
  ],
  approval: [
    [{ approval: true }, () => ({ approval: true }), false],
    [{ approval: true }, () => ({ approval: false }), true],
    [{}, () => ({ approval: false }), false],
  ],
  length: [
    [{ membershipSeconds: 90 * day }, () => ({ ends: { afterSeconds: 90 * day } }), false],
    [{ membershipSeconds: 90 * day }, () => ({ ends: { afterSeconds: 90 * day + 1 } }), true],
    [{ membershipSeconds: 90 * day }, (now) => ({ ends: { at: in_(90 * day)(now) } }), false],
    [{ membershipSeconds: 90 * day }, (now) => ({ ends: { at: new Date(in_(90 * day)(now).getTime() + 1) } }), true],
    [{}, nothing, false],
  ],
};

/** With so many places used: `quota` counts places, not invitations. */
const quotas: readonly (readonly [...Row, number])[] = [
  [{ perDay: 5 }, () => ({ maxUses: 5 }), false, 0],
  [{ perDay: 5 }, () => ({ maxUses: 6 }), true, 0],
  [{ perDay: 5 }, nothing, false, 4],
  [{ perDay: 5 }, nothing, true, 5],
  [{ perDay: 5 }, () => ({ maxUses: 2 }), true, 4],
  [{}, () => ({ maxUses: 100 }), false, 500],
];

/** Who invites, as what, which role, and what becomes of it. */
const people: readonly (readonly [GroupPolicyWish, readonly string[], string, 'who' | 'role' | undefined])[] = [
  [{ who: 'members' }, ['member'], 'member', undefined],
  [{ who: 'members' }, ['librarian'], 'member', undefined],
  [{ who: 'members' }, [], 'member', 'who'],
  [{ who: 'members' }, ['manager'], 'manager', undefined],
  [{ who: 'managers' }, ['manager'], 'member', undefined],
  [{ who: 'managers' }, ['member', 'librarian'], 'member', 'who'],
  [{ who: 'admins' }, ['manager', 'member'], 'member', 'who'],
  [{}, ['manager'], 'member', undefined],
  [{}, ['member'], 'member', 'who'],
  [{ who: 'members' }, ['librarian'], 'librarian', undefined],
  [{ who: 'members' }, ['member'], 'librarian', 'role'],
  [{ who: 'members' }, ['member'], 'manager', 'role'],
  [{ who: 'members', roles: ['librarian'] }, ['member'], 'librarian', undefined],
  [{ who: 'members', roles: ['librarian'] }, ['member'], 'member', 'role'],
  [{ who: 'members', roles: ['librarian'] }, ['librarian', 'treasurer'], 'treasurer', 'role'],
  [{ who: 'members', roles: ['member', 'manager'] }, ['member'], 'manager', 'role'],
  [{ who: 'members', roles: ['member', 'manager'] }, ['manager'], 'manager', undefined],
  [{ roles: ['member'] }, ['manager'], 'manager', 'role'],
];

function caseOf(rule: PolicyRule, [policy, wish, refused]: Row, usedToday = 0): Case {
  const end = refused ? 'is refused' : 'is made';
  const said = JSON.stringify(wish(new Date(0)));
  const after = usedToday > 0 ? ` after ${usedToday} places` : '';
  const name = `${rule}: with ${JSON.stringify(policy)}, ${said}${after} ${end}`;
  return { name, policy, as: ['manager'], wish, usedToday, refused: refused ? rule : undefined };
}

export const cases: readonly Case[] = [
  ...Object.entries(limits).flatMap(([rule, rows]) => rows.map((row) => caseOf(rule as PolicyRule, row))),
  ...quotas.map(([policy, wish, refused, used]) => caseOf('quota', [policy, wish, refused], used)),
  ...people.map(([policy, as, role, refused]) => {
    const name = `with ${JSON.stringify(policy)} somebody who is ${as.join(' and ') || 'nothing'} there ${refused ? `may not (${refused})` : 'may'} give ${role}`;
    return { name, policy, as, role, wish: nothing, refused };
  }),
];

/** What the values of each column stand for; each fact is looked up when it is read, and not before. */
import type { Grant, Holdings } from '../../src/group/group.ts';
import type { Approach, Facts, Invitation, Person } from '../../src/invitation/invitation.ts';
import type { EmailKey } from '../../src/lib/email.ts';
import { at, read } from './cells.ts';

export const now = new Date('2026-11-26T18:00:00Z');
const sooner = new Date(now.getTime() - 1);
const later = new Date(now.getTime() + 1);
const made = new Date('2026-11-20T18:00:00Z');
const pinSetAt = new Date('2026-11-21T18:00:00Z');
const plus = (time: Date, ms: number) => new Date(time.getTime() + ms);

const group = { kind: 'group', description: '', sensitive: false, archived: false } as const;
/** In the order in which they are offered: the choir twice. */
export const offered: readonly Grant[] = [
  { ...group, groupId: 'g1', slug: 'choir', name: 'Choir', role: 'member' },
  { ...group, groupId: 'g1', slug: 'choir', name: 'Choir', role: 'manager' },
  {
    kind: 'group',
    groupId: 'g2',
    slug: 'board',
    name: 'Board',
    description: '',
    role: 'member',
    get sensitive() {
      return ['confirmed', 'unconfirmed'].includes(read(at.standing));
    },
    get archived() {
      return read(at.standing) === 'archived';
    },
  },
  { kind: 'right', right: 'wiki:edit', description: '' },
];

const [invitedKey, otherKey, thirdKey] = ['ada@example.org', 'ada@work.example', 'ada@third.example'] as unknown as [
  EmailKey,
  EmailKey,
  EmailKey,
];

const usedAndHeld = { none: [0, 0], some: [1, 1], all: [3, 0], held: [1, 2], too_many: [3, 1] } as const;
const domainsOf = { all: [], of_invited: ['third.invalid', 'example.org'], of_other: ['work.example'] } as const;
const startsAt = { at_once: undefined, now, later };

const invitation: Invitation = {
  id: 'i1',
  label: '',
  inviterName: undefined,
  message: '',
  locale: undefined,
  landingClientId: undefined,
  askedForAt: undefined,
  maxUses: 3,
  createdAt: made,
  grants: offered,
  get inviterId() {
    return { operator: undefined, other: 'bea', self: 'ada' }[read(at.inviter)];
  },
  get usedCount() {
    return usedAndHeld[read(at.taken)][0];
  },
  get heldCount() {
    return usedAndHeld[read(at.taken)][1];
  },
  get startsAt() {
    return startsAt[read(at.starts)];
  },
  get expiresAt() {
    return { later, now, earlier: sooner }[read(at.ends)];
  },
  get revokedAt() {
    return read(at.revoked) === 'yes' ? made : undefined;
  },
  get addressee() {
    const rule = read(at.address);
    return rule === 'none' ? undefined : { email: invitedKey, key: invitedKey, rule };
  },
  get domains() {
    return domainsOf[read(at.domains)];
  },
  get requiredAcr() {
    const needs = read(at.needs);
    return needs === 'nothing' ? undefined : needs;
  },
  get needsApproval() {
    return read(at.approval) === 'needed';
  },
  get pinSetAt() {
    return read(at.pin) === 'none' ? undefined : pinSetAt;
  },
  get confirmedAt() {
    return read(at.standing) === 'confirmed' ? made : undefined;
  },
};

const pinPassedAt = { passed: plus(pinSetAt, 1), passed_when_set: plus(pinSetAt, 0), passed_before_set: plus(pinSetAt, -1) };
const pinLock = { no: undefined, for_minutes: { until: later }, for_good: { until: undefined } };

const approach: Approach = {
  get channel() {
    return read(at.channel);
  },
  get superseded() {
    return read(at.replaced) === 'yes';
  },
  get pinPassedAt() {
    const pin = read(at.pin);
    return pin === 'none' || pin === 'not_passed' ? undefined : pinPassedAt[pin];
  },
  get pinLock() {
    return pinLock[read(at.locked)];
  },
  get provenKey() {
    return { none: undefined, invited: invitedKey, other: otherKey }[read(at.proven)];
  },
};

export const facts: Facts = {
  invitation,
  approach,
  acrValues: ['bronze', 'silver', 'gold'],
  get inviterMayInvite() {
    return read(at.standing) !== 'inviter_may_not';
  },
  get fullGroupIds() {
    return { none: [], choir: ['g1'], board: ['g9', 'g2'] }[read(at.full)];
  },
};

const endsAt = plus(now, 1000);
const asManager = { groupId: 'g1', role: 'manager' };
const onBoard = { groupId: 'g2', role: 'member' };
const elsewhere = { groupId: 'g9', role: 'manager' };
const memberships = {
  nothing: [elsewhere],
  role: [{ groupId: 'g1', role: 'librarian' }],
  manager: [asManager],
  right: [elsewhere],
  brief: [
    { ...asManager, endsAt },
    { ...onBoard, endsAt },
  ],
  all: [onBoard, asManager],
};
const unrelated = [{ right: 'files:read' }];
const wiki = [...unrelated, { right: 'wiki:edit' }];
const rights = { nothing: unrelated, role: [], manager: unrelated, right: wiki, brief: [{ right: 'wiki:edit', endsAt }], all: wiki };

const removedAt = { before: plus(made, -1), when_made: plus(made, 0), after: plus(made, 1) };
function removal<From extends object>(from: From) {
  return {
    ...from,
    get removedAt() {
      return removedAt[read(at.removed)];
    },
  };
}
const fromElsewhere = [removal(elsewhere), removal({ right: 'files:read' })];
const removals = {
  nothing: undefined,
  elsewhere: fromElsewhere,
  manager: [...fromElsewhere, removal(asManager)],
  editor: [removal({ groupId: 'g1', role: 'editor' })],
  board: [removal(onBoard), ...fromElsewhere],
  right: [removal({ right: 'wiki:edit' })],
};

const holdings = {
  get memberships() {
    return memberships[read(at.has)];
  },
  get rights() {
    return rights[read(at.has)];
  },
  get removals() {
    return removals[read(at.removed_from)];
  },
} as Holdings;

/** Without it, one that is of no interest. */
function emailOf(column: typeof at.invited, key: EmailKey) {
  return {
    get key() {
      return read(column) === 'none' ? thirdKey : key;
    },
    get verified() {
      return read(column) === 'verified';
    },
  };
}

const undecided = { waits: later, lapses_now: now, lapsed: sooner };

export const person: Person = {
  holdings,
  emails: [emailOf(at.invited, invitedKey), emailOf(at.other, otherKey)],
  get accountId() {
    return read(at.account) === 'newcomer' ? undefined : 'ada';
  },
  get newcomer() {
    return read(at.account) === 'newcomer';
  },
  get disabled() {
    return read(at.account) === 'disabled';
  },
  get hasRedeemed() {
    return read(at.redeemed) === 'yes';
  },
  get acr() {
    const strength = read(at.strength);
    return strength === 'none' ? undefined : strength;
  },
  get approval() {
    const asked = read(at.asked);
    if (asked === 'never') return undefined;
    if (asked === 'rejected' || asked === 'approved') return { lapsesAt: later, decision: asked };
    return { lapsesAt: undecided[asked], decision: undefined };
  },
};

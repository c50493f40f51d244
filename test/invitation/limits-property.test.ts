/** Whatever anybody wishes for: what was made, or changed, by somebody who is no admin keeps to the policy. Judged here anew. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { GroupPolicyWish, InvitationChange } from '../../src/index.ts';
import type { Invitation } from '../../src/invitation/invitation.ts';
import { findInvitation } from '../../src/invitation/store.ts';
import { findLiveChannels } from '../../src/invitation/visit-store.ts';
import { day, hour } from '../group/policy-table.ts';
import { by, newGroup, setPolicy, setStage, stage } from './limits-setting.ts';

setStage();

const lengths = fc.option(fc.constantFrom(60, hour, day, 30 * day), { nil: undefined, freq: 1 });
const places = fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined, freq: 1 });
const channels = fc.subarray(['mail', 'link'] as const, { minLength: 1 });
const someDomains = fc.subarray(['a.example', '*.a.example', 'b.example']);

const policies = fc.record({
  who: fc.constantFrom('members', 'members', 'managers', 'admins'),
  roles: fc.option(fc.subarray(['member', 'librarian', 'manager'], { minLength: 1 }), { nil: undefined, freq: 1 }),
  channels: fc.oneof(fc.constant(['mail', 'link'] as const), channels),
  maxLifetimeSeconds: lengths,
  maxPlaces: places,
  pinForLinks: fc.boolean(),
  domains: fc.oneof(fc.constant<string[]>([]), someDomains),
  approval: fc.boolean(),
  perDay: places,
  membershipSeconds: lengths,
});
type Policy = typeof policies extends fc.Arbitrary<infer P> ? P : never;

const addressed = fc.record({
  email: fc.constantFrom('ben@a.example', 'ben@x.a.example', 'ben@c.example'),
  emailRule: fc.constantFrom(undefined, 'exact', 'verify', 'any'),
  channels: fc.option(channels, { nil: undefined }),
});
const wishes = fc.record({
  role: fc.constantFrom('member', 'member', 'member', 'librarian', 'manager'),
  to: fc.oneof(fc.constant({}), addressed),
  lifetime: lengths,
  maxUses: places,
  pin: fc.constantFrom(undefined, '471193'),
  domains: fc.option(someDomains, { nil: undefined, freq: 1 }),
  approval: fc.constantFrom(undefined, undefined, undefined, true, false),
  lasts: lengths,
});
const changes = fc.record({ lifetime: lengths, maxUses: places, pin: fc.constantFrom(undefined, null, '582204') });

const defined = (wish: object) => Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined));
const after = (seconds: number | undefined) => (seconds === undefined ? undefined : new Date(stage.now.getTime() + seconds * 1000));

const isInside = (policy: Policy, domain = '') => policy.domains.includes(domain.endsWith('.a.example') ? '*.a.example' : domain);

function isForTheRightPeople({ addressee, domains }: Invitation, policy: Policy): boolean {
  if (policy.domains.length === 0) return true;
  if (addressee && addressee.rule !== 'any' && isInside(policy, addressee.email.split('@')[1])) return true;
  return domains.length > 0 && domains.every((domain) => isInside(policy, domain));
}

function mayGive(role: string, { who, roles }: Policy, isManager: boolean): boolean {
  if (who === 'admins' || (who === 'managers' && !isManager) || (role === 'manager' && !isManager)) return false;
  return roles ? roles.includes(role) : role === 'member' || role === 'manager';
}

function lastsOf({ grants: [grant] }: Invitation): number {
  return grant?.ends && 'afterSeconds' in grant.ends ? grant.ends.afterSeconds : Number.POSITIVE_INFINITY;
}

const never = Number.POSITIVE_INFINITY;

async function expectWithin(id: string, policy: Policy): Promise<void> {
  const invitation = await findInvitation(stage.own.database, id);
  if (!invitation) throw new Error('it is not there');
  const ways = await findLiveChannels(stage.own.database, id);
  expect(ways.every((way) => (policy.channels as readonly string[]).includes(way))).toBe(true);
  expect(invitation.expiresAt.getTime() - stage.now.getTime()).toBeLessThanOrEqual((policy.maxLifetimeSeconds ?? never) * 1000);
  expect(invitation.maxUses).toBeLessThanOrEqual(Math.min(policy.maxPlaces ?? never, policy.perDay ?? never));
  expect(policy.pinForLinks && ways.includes('link') && !invitation.pinSetAt).toBe(false);
  expect(isForTheRightPeople(invitation, policy)).toBe(true);
  expect(policy.approval && !invitation.needsApproval).toBe(false);
  expect(lastsOf(invitation)).toBeLessThanOrEqual(policy.membershipSeconds ?? never);
}

test('whatever the wish, it keeps to the policy, and so does whatever becomes of it', { timeout: 120_000 }, async () => {
  const counts = { made: 0, changed: 0 };
  const property = fc.asyncProperty(
    policies,
    wishes,
    changes,
    fc.boolean(),
    async (policy, { role, to, lifetime, lasts, ...said }, change, isManager) => {
      await newGroup();
      await setPolicy(policy as GroupPolicyWish);
      const { slug, manager, member, guestlist } = stage;
      const inviter = isManager ? manager : member;
      const ends = lasts === undefined ? undefined : { afterSeconds: lasts };
      const wish = defined({ ...said, ...defined(to), groups: [`${slug}:${role}`], expiresAt: after(lifetime), ends });
      // Refused, or no wish at all: mail to nobody, what ends before it begins.
      const issued = await by(inviter, wish).catch(() => undefined);
      if (!issued) return;
      counts.made += 1;
      expect(mayGive(role, policy, isManager)).toBe(true);
      await expectWithin(issued.id, policy);
      const { lifetime: other, ...limits } = change;
      const isChanged = await guestlist
        .change(issued.id, defined({ ...limits, expiresAt: after(other) }) as InvitationChange, inviter)
        .then(
          () => true,
          () => false,
        );
      counts.changed += Number(isChanged);
      await expectWithin(issued.id, policy);
    },
  );
  await fc.assert(property, { numRuns: 300 });
  // Else it would have shown nothing.
  expect(counts.made).toBeGreaterThan(30);
  expect(counts.changed).toBeGreaterThan(10);
});

/** The policy of a group, asked of the product: who invites keeps to it however an invitation comes about, or grows. */
import { describe, expect, it, test } from 'vitest';
import { findInvitation } from '../../src/invitation/store.ts';
import type { InviteOptions } from '../../src/index.ts';
import { cases, day } from '../group/policy-table.ts';
import { auditTables, count, snapshot } from '../support/invariants.ts';
import { by, inDays, make, refusals, refusedFor, setPolicy, setStage, stage } from './limits-setting.ts';

setStage();

describe('an invitation that is made', () => {
  it.each(cases)('$name', async ({ policy, as, role, wish, usedToday = 0, refused }) => {
    const inviterId = `inviter-${stage.number}`;
    if (as.length > 0) await stage.guestlist.grant(inviterId, { groups: as.map((held) => `${stage.slug}:${held}`) });
    if (usedToday > 0) await by(inviterId, { maxUses: usedToday });
    await setPolicy(policy);
    const options = { ...wish(stage.now), ...(role && { groups: [`${stage.slug}:${role}`] }) };
    const before = await snapshot(stage.own.database, auditTables);
    if (!refused) {
      expect(await by(inviterId, options)).toHaveProperty('id');
      expect(await refusals()).toEqual([]);
      return;
    }
    await expect(by(inviterId, options)).rejects.toMatchObject(refusedFor(refused));
    expect(await snapshot(stage.own.database, auditTables)).toEqual(before);
    expect(await refusals()).toEqual([{ actor: inviterId, subject: inviterId, detail: { group: stage.slug, rule: refused } }]);
    // Whom nothing binds.
    expect(await by('admin', options)).toHaveProperty('id');
    const { inviterId: _, ...byOperator } = { inviterId, groups: [stage.slug], ...options };
    expect(await stage.guestlist.invite(byOperator as InviteOptions)).toHaveProperty('id');
  });

  it('without a policy is as ever: managers, and no limits', async () => {
    await by(stage.manager, { maxUses: 500, expiresAt: inDays(400) });
    await expect(by(stage.member)).rejects.toMatchObject({ code: 'grant_not_allowed' });
    await setPolicy({ who: 'members' });
    await by(stage.member);
    await setPolicy(null);
    await expect(by(stage.member)).rejects.toMatchObject({ code: 'grant_not_allowed' });
    expect(await count(stage.own.database, `audit_event where action = 'invitation.refused' and subject = '${stage.member}'`)).toBe(2);
  });

  it('has what was not said from the policy, and what was said as it was said', async () => {
    await setPolicy({ maxLifetimeSeconds: 2 * day, approval: true, membershipSeconds: 90 * day });
    const filled = await findInvitation(stage.own.database, (await by(stage.manager)).id);
    expect(filled).toMatchObject({ expiresAt: inDays(2), needsApproval: true, grants: [{ ends: { afterSeconds: 90 * day } }] });
    const said = await by(stage.manager, { expiresAt: inDays(1), approval: true, ends: { afterSeconds: 60 } });
    expect(said.expiresAt).toEqual(inDays(1));
    expect((await findInvitation(stage.own.database, said.id))?.grants).toMatchObject([{ ends: { afterSeconds: 60 } }]);
    const admins = await findInvitation(stage.own.database, (await by('admin')).id);
    expect(admins).toMatchObject({ expiresAt: inDays(7), needsApproval: false });
    await expect(by(stage.manager, { startsAt: inDays(3) })).rejects.toMatchObject(refusedFor('lifetime'));
    await setPolicy({ maxLifetimeSeconds: 30 * day });
    expect((await by(stage.manager)).expiresAt).toEqual(inDays(7));
  });

  it('to several groups keeps to the policy of each, and each has its own ends', async () => {
    const other = `${stage.slug}-other`;
    await stage.guestlist.addGroup({ slug: other, name: 'Other' });
    await stage.guestlist.grant(stage.manager, { groups: [`${other}:manager`] });
    await setPolicy({ membershipSeconds: 90 * day });
    await stage.guestlist.setPolicy(other, { maxPlaces: 2 });
    const both = { groups: [stage.slug, other] };
    await expect(by(stage.manager, { ...both, maxUses: 3 })).rejects.toMatchObject({ detail: { group: other, rule: 'places' } });
    const { id } = await by(stage.manager, { ...both, maxUses: 2 });
    expect((await findInvitation(stage.own.database, id))?.grants.map(({ ends }) => ends)).toEqual([{ afterSeconds: 90 * day }, undefined]);
  });

  it('by a template is judged like any other', async () => {
    await setPolicy({ maxLifetimeSeconds: 2 * day, approval: true });
    await stage.guestlist.addTemplate({ name: `${stage.slug}-long`, wish: { groups: [stage.slug], lifetimeSeconds: 3 * day } });
    await stage.guestlist.addTemplate({ name: `${stage.slug}-short`, wish: { groups: [stage.slug] } });
    const use = (name: string, more: object = {}) => stage.guestlist.invite({ template: name, inviterId: stage.manager, ...more });
    await expect(use(`${stage.slug}-long`)).rejects.toMatchObject(refusedFor('lifetime'));
    expect((await use(`${stage.slug}-long`, { expiresAt: inDays(1) })).expiresAt).toEqual(inDays(1));
    expect((await use(`${stage.slug}-short`)).expiresAt).toEqual(inDays(2));
  });

  it('where the host says who may invite, keeps to the limits all the same', async () => {
    await setPolicy({ who: 'admins', maxPlaces: 1 });
    const hosted = make({
      mayInvite: (accountId, grants) => accountId === 'friend' && grants.every((grant) => grant === `${stage.slug}:member`),
    });
    const offer = (inviterId: string, more: object = {}) => hosted.invite({ groups: [stage.slug], inviterId, ...more });
    expect(await offer('friend')).toHaveProperty('url');
    await expect(offer('friend', { maxUses: 2 })).rejects.toMatchObject(refusedFor('places'));
    await expect(offer(stage.manager)).rejects.toMatchObject({ code: 'grant_not_allowed' });
    expect((await hosted.mayInviteTo('friend')).map(({ roles, ...it }) => [it.slug, roles, it.maxPlaces])).toEqual([
      [stage.slug, ['member'], 1],
    ]);
  });
});

test('a policy is kept as it was set, on record, and what cannot be one is refused', async () => {
  const policy = {
    who: 'members',
    roles: ['member', 'librarian'],
    channels: ['mail'],
    maxLifetimeSeconds: 3 * day,
    maxPlaces: 4,
    pinForLinks: true,
    domains: ['choir.example', '*.choir.example'],
    approval: true,
    perDay: 20,
    membershipSeconds: 50 * 365 * day,
  } as const;
  await stage.guestlist.setPolicy(stage.slug, policy, stage.manager);
  expect(await stage.guestlist.policyOf(stage.slug)).toEqual(policy);
  await setPolicy({ perDay: 1 });
  const usual = { who: 'managers', channels: ['mail', 'link'], pinForLinks: false, domains: [], approval: false };
  expect(await stage.guestlist.policyOf(stage.slug)).toEqual({ ...usual, perDay: 1 });
  await setPolicy(null);
  expect(await stage.guestlist.policyOf(stage.slug)).toEqual(usual);
  expect(await count(stage.own.database, `audit_event where action = 'group.policy_changed' and detail->>'slug' = '${stage.slug}'`)).toBe(
    3,
  );
  for (const wrong of [
    { who: 'everybody' },
    { roles: [] },
    { roles: ['No Role'] },
    { channels: [] },
    { channels: ['pigeon'] },
    { maxLifetimeSeconds: 59 },
    { maxPlaces: 0 },
    { domains: ['no domain'] },
    { perDay: 0.5 },
    { membershipSeconds: -1 },
    { approval: 'yes' },
    { sensitive: true },
  ])
    await expect(setPolicy(wrong as never), JSON.stringify(wrong)).rejects.toThrow(/^setPolicy: /);
  await expect(stage.guestlist.setPolicy('nowhere', {})).rejects.toMatchObject({ code: 'group_not_found' });
  await expect(stage.guestlist.policyOf('nowhere')).rejects.toMatchObject({ code: 'group_not_found' });
});

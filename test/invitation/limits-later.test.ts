/** The policy of a group, and an invitation that is out: what makes it larger, and what those do who invite without managing. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { GroupPolicyWish, Guestlist } from '../../src/index.ts';
import { day, hour } from '../group/policy-table.ts';
import { forgetOffered } from '../../src/invitation/retention.ts';
import { count } from '../support/invariants.ts';
import { by, inDays, refusals, refusedFor, setPolicy, setStage, stage } from './limits-setting.ts';

setStage();

describe('an invitation that is out', () => {
  const change = (id: string, wish: Parameters<Guestlist['change']>[1], actor = stage.manager) => stage.guestlist.change(id, wish, actor);

  it('is made larger within the policy alone, by whoever; smaller always', async () => {
    await setPolicy({ maxLifetimeSeconds: 2 * day, maxPlaces: 3, pinForLinks: true });
    const { id } = await by(stage.manager, { pin: '471193', maxUses: 2 });
    await expect(change(id, { expiresAt: inDays(3) })).rejects.toMatchObject(refusedFor('lifetime'));
    await expect(change(id, { maxUses: 4 })).rejects.toMatchObject(refusedFor('places'));
    await expect(change(id, { pin: null })).rejects.toMatchObject(refusedFor('pin'));
    await change(id, { maxUses: 3, pin: '582204' });
    expect(await refusals()).toMatchObject(Array(3).fill({ actor: stage.manager, subject: id }));
    await expect(change(id, { pin: null }, 'operator')).rejects.toMatchObject(refusedFor('pin'));
    await change(id, { maxUses: 9, expiresAt: inDays(9) }, 'operator');
    await change(id, { maxUses: 8, expiresAt: inDays(8) });
    await expect(change(id, { maxUses: 9 })).rejects.toMatchObject({ code: 'policy_refused' });
    await change(id, { maxUses: 9 }, 'admin');
    expect((await stage.guestlist.find(id))?.maxUses).toBe(9);
  });

  it('does not come back by a later end, where the policy would not have it any more', async () => {
    const { id } = await by(stage.manager);
    await setPolicy({ channels: ['mail'] });
    await expect(change(id, { expiresAt: inDays(8) })).rejects.toMatchObject(refusedFor('channel'));
    await change(id, { expiresAt: inDays(6) });
    expect((await stage.guestlist.find(id))?.state).toBe('suspended');
  });

  it('added places count as those of a new one do, and whoever adds them is counted', async () => {
    await setPolicy({ perDay: 5 });
    const { id } = await by(stage.manager, { maxUses: 3 });
    await expect(change(id, { maxUses: 6 })).rejects.toMatchObject(refusedFor('quota'));
    await change(id, { maxUses: 5 });
    await change(id, { maxUses: 1 });
    await expect(by(stage.manager)).rejects.toMatchObject(refusedFor('quota'));
    await stage.guestlist.grant(stage.member, { groups: [`${stage.slug}:manager`] });
    await change(id, { maxUses: 5 }, stage.member);
    await expect(by(stage.member, { maxUses: 2 })).rejects.toMatchObject(refusedFor('quota'));
    await by(stage.member);
  });

  it('is mailed again within the policy: no new end beyond it, no mail where there is to be none', async () => {
    await setPolicy({ maxLifetimeSeconds: 2 * day });
    const email = 'ben@example.org';
    const { id } = await by(stage.manager, { email });
    await stage.guestlist.resend(id, stage.manager);
    await expect(stage.guestlist.resend(id, stage.manager, { expiresAt: inDays(3) })).rejects.toMatchObject(refusedFor('lifetime'));
    await stage.guestlist.resend(id, stage.manager, { expiresAt: new Date(inDays(2)) });
    await setPolicy({ channels: ['link'] });
    await expect(stage.guestlist.resend(id, stage.manager)).rejects.toMatchObject(refusedFor('channel'));
    const { id: shown } = await by(stage.manager, { email, channels: ['link'] });
    await expect(stage.guestlist.resend(shown, stage.manager)).rejects.toMatchObject(refusedFor('channel'));
    await expect(stage.guestlist.resend(shown, 'operator')).rejects.toMatchObject(refusedFor('channel'));
    await stage.guestlist.adopt(shown, 'admin');
    await stage.guestlist.resend(shown, 'operator');
  });

  it('a day later there is a new day, counted from each invitation and not from midnight', async () => {
    await setPolicy({ perDay: 2 });
    const begin = stage.now;
    try {
      await by(stage.manager);
      stage.now = new Date(begin.getTime() + 12 * hour * 1000);
      await by(stage.manager);
      stage.now = new Date(begin.getTime() + day * 1000 - 1);
      await expect(by(stage.manager)).rejects.toMatchObject(refusedFor('quota'));
      stage.now = new Date(begin.getTime() + day * 1000);
      await by(stage.manager);
      await expect(by(stage.manager)).rejects.toMatchObject(refusedFor('quota'));
    } finally {
      stage.now = begin;
    }
  });

  it('what is more than a day ago is forgotten, and what is not still counts', async () => {
    await setPolicy({ perDay: 2 });
    await by(stage.manager);
    const rows = () => count(stage.own.database, `offered_places where account_id = '${stage.manager}'`);
    await forgetOffered(stage.own.database, new Date(inDays(1).getTime() - 1));
    expect(await rows()).toBe(1);
    await expect(by(stage.manager, { maxUses: 2 })).rejects.toMatchObject(refusedFor('quota'));
    await forgetOffered(stage.own.database, inDays(1));
    expect(await rows()).toBe(0);
  });

  it('revoking gives no place back', async () => {
    await setPolicy({ perDay: 1 });
    const { id } = await by(stage.manager);
    await stage.guestlist.revoke(id, stage.manager);
    await expect(by(stage.manager)).rejects.toMatchObject(refusedFor('quota'));
  });

  it('goes on when it could only not be as large any more, or as many', async () => {
    await setPolicy({ who: 'members' });
    const { id } = await by(stage.member, { maxUses: 5 });
    await setPolicy({ who: 'members', maxPlaces: 1, maxLifetimeSeconds: hour, membershipSeconds: hour, perDay: 1 });
    expect((await stage.guestlist.find(id))?.state).toBe('open');
  });

  it.each([
    ['who invites', { who: 'managers' }],
    ['what they give', { who: 'members', roles: ['librarian'] }],
    ['everything', null],
    ['how it travels', { who: 'members', channels: ['mail'] }],
    ['that links have a PIN', { who: 'members', pinForLinks: true }],
    ['to whom it goes', { who: 'members', domains: ['clinic.example'] }],
    ['that somebody decides', { who: 'members', approval: true }],
  ] as const)('is suspended when its group’s policy would not have it any more, and is back with it: %s (G7)', async (_, policy) => {
    await setPolicy({ who: 'members' });
    const { id } = await by(stage.member, { maxUses: 5 });
    const { id: admins } = await by('admin', { maxUses: 5 });
    const states = async () => {
      const items = await stage.guestlist.list({ limit: 200 });
      const one = await Promise.all([id, admins].map(async (which) => (await stage.guestlist.find(which))?.state));
      expect([id, admins].map((which) => items.find((item) => item.id === which)?.state)).toEqual(one);
      return one;
    };
    expect(await states()).toEqual(['open', 'open']);
    await setPolicy(policy as GroupPolicyWish | null);
    expect(await states()).toEqual(['suspended', 'open']);
    await setPolicy({ who: 'members' });
    expect(await states()).toEqual(['open', 'open']);
  });

  it('goes on when a policy is tightened to what it is', async () => {
    const { id } = await by(stage.manager, { email: 'ben@clinic.example', approval: true });
    const { id: link } = await by(stage.manager, { domains: ['clinic.example'], pin: true, approval: true });
    await setPolicy({ domains: ['clinic.example'], approval: true, pinForLinks: true });
    for (const one of [id, link]) expect((await stage.guestlist.find(one))?.state).toBe('open');
    await setPolicy({ channels: ['mail'] });
    expect([(await stage.guestlist.find(id))?.state, (await stage.guestlist.find(link))?.state]).toEqual(['open', 'suspended']);
  });
});

describe('where members invite', () => {
  beforeEach(() => setPolicy({ who: 'members', maxPlaces: 3 }));

  it('they look after what they made, and decide about nothing and nobody else (G2)', async () => {
    const { id } = await by(stage.member);
    await stage.guestlist.change(id, { maxUses: 2, pin: true }, stage.member);
    const { id: mailed } = await by(stage.member, { email: 'ben@example.org' });
    await stage.guestlist.resend(mailed, stage.member);
    const { id: others } = await by(stage.manager, { email: 'cy@example.org' });
    for (const deed of [
      () => stage.guestlist.change(others, { maxUses: 1 }, stage.member),
      () => stage.guestlist.resend(others, stage.member),
      () => stage.guestlist.revoke(others, stage.member),
      () => stage.guestlist.adopt(others, stage.member),
      () => stage.guestlist.undo(id, stage.member),
      () => stage.guestlist.undo(others, stage.member),
      () => stage.guestlist.requests.open(stage.slug, {}, stage.member),
    ])
      await expect(deed()).rejects.toMatchObject({ code: 'grant_not_allowed' });
    await stage.guestlist.change(id, { maxUses: 1 }, stage.manager);
    expect(await stage.guestlist.revoke(id, stage.member)).toBe(true);
  });

  it.each([
    ['a right that they have', { rights: ['door:open'] }, 'grant_not_allowed'],
    ['a right besides', { rights: ['guestlist:admin'], groups: undefined }, 'grant_not_allowed'],
    ['another group besides', { more: true }, 'grant_not_allowed'],
    ['the role that runs the group', { role: 'manager' }, 'policy_refused'],
    ['a role that they have not', { role: 'librarian' }, 'policy_refused'],
  ])('nobody gives %s (G1)', async (_what, { role, more, ...wish }: { role?: string; more?: boolean; rights?: string[] }, code) => {
    await stage.guestlist.addRight({ name: 'door:open' }).catch(() => undefined);
    await stage.guestlist.grant(stage.member, { rights: ['door:open'] });
    if (more) await stage.guestlist.addGroup({ slug: `${stage.slug}-more`, name: 'More' });
    const named = [role ? `${stage.slug}:${role}` : stage.slug, ...(more ? [`${stage.slug}-more`] : [])];
    await expect(
      stage.guestlist.invite({ groups: named, inviterId: stage.member, ...wish, ...('groups' in wish && { groups: [] }) }),
    ).rejects.toMatchObject({ code });
    expect(await count(stage.own.database, `audit_event where action = 'invitation.refused' and subject = '${stage.member}'`)).toBe(1);
  });

  it('a group inside has nothing of it, and its members are not members here', async () => {
    const inner = `${stage.slug}-inner`;
    await stage.guestlist.addGroup({ slug: inner, name: 'Inner', parent: stage.slug });
    await stage.guestlist.grant('inner', { groups: [inner] });
    await expect(by(stage.member, { groups: [inner] })).rejects.toMatchObject({ code: 'grant_not_allowed' });
    await expect(by('inner')).rejects.toMatchObject(refusedFor('who'));
    await by(stage.manager, { groups: [inner], maxUses: 50 });
  });

  it('each is told where they may invite to, and what binds them there', async () => {
    await setPolicy({ who: 'members', maxPlaces: 3, perDay: 4, domains: ['choir.example'] });
    await by(stage.member, { domains: ['choir.example'] });
    const limits = { channels: ['mail', 'link'], maxPlaces: 3, pinForLinks: false, domains: ['choir.example'], approval: false, perDay: 4 };
    const group = { slug: stage.slug, name: `Group ${stage.number}` };
    expect(await stage.guestlist.mayInviteTo(stage.member)).toEqual([{ ...group, roles: ['member'], ...limits, leftToday: 3 }]);
    expect(await stage.guestlist.mayInviteTo(stage.manager)).toEqual([{ ...group, roles: ['member', 'manager'], ...limits, leftToday: 4 }]);
    const admins = (await stage.guestlist.mayInviteTo('admin')).find((it) => it.slug === stage.slug);
    expect(admins).toEqual({
      ...group,
      roles: ['member', 'manager'],
      channels: ['mail', 'link'],
      pinForLinks: false,
      domains: [],
      approval: false,
    });
    const inner = `${stage.slug}-beneath`;
    await stage.guestlist.addGroup({ slug: inner, name: 'Beneath', parent: stage.slug });
    expect((await stage.guestlist.mayInviteTo(stage.manager)).map((it) => it.slug)).toEqual([stage.slug, inner]);
    expect((await stage.guestlist.mayInviteTo(stage.member)).map((it) => it.slug)).toEqual([stage.slug]);
    await stage.guestlist.changeGroup(stage.slug, { archived: true });
    expect(await stage.guestlist.mayInviteTo(stage.member)).toEqual([]);
    expect(await stage.guestlist.mayInviteTo('nobody')).toEqual([]);
  });
});

/** An invitation in the place of another: what it has of that one, and which limits it is asked about. */
import { describe, expect, it } from 'vitest';
import { hour } from '../group/policy-table.ts';
import { asAccount, visitTo } from '../plugin/making.ts';
import { count } from '../support/invariants.ts';
import { by, inDays, make, refusals, refusedFor, setPolicy, setStage, stage } from './limits-setting.ts';

setStage();

const reissue = (id: string, actor = stage.manager) => stage.guestlist.reissue(id, actor);
const offered = async (accountId: string) => {
  const { rows } = await stage.own.database.raw(
    'select coalesce(sum(places), 0)::int as places from guestlist.offered_places where account_id = ?',
    [accountId],
  );
  return rows[0].places as number;
};
const redeem = async (token: string | undefined, accountId: string) =>
  stage.guestlist.redeem(await visitTo(stage.own.database, token ?? ''), asAccount(accountId));

describe('limits on places', () => {
  it('do not stand in its way: what it offers was offered before, and is not counted again', async () => {
    await setPolicy({ perDay: 3 });
    const { id } = await by(stage.manager, { maxUses: 3 });
    await expect(by(stage.manager)).rejects.toMatchObject(refusedFor('quota'));
    await setPolicy({ perDay: 1, maxPlaces: 1 });
    const again = await reissue(id);
    expect(again.maxUses).toBe(3);
    expect(await offered(stage.manager)).toBe(3);
    expect((await reissue(again.id)).maxUses).toBe(3);
    expect(await refusals()).toHaveLength(1);
  });

  it('keep what is left of its places, and never make them more', async () => {
    await setPolicy({ perDay: 5 });
    const { id, token } = await by(stage.manager, { maxUses: 5 });
    await redeem(token, `${stage.slug}-one`);
    await redeem(token, `${stage.slug}-two`);
    expect(await reissue(id)).toMatchObject({ maxUses: 3 });
    expect(await offered(stage.manager)).toBe(5);
  });

  it('are asked where somebody has taken its place: else whoever invites could offer any number a day (G1)', async () => {
    await setPolicy({ perDay: 2 });
    const { id, token } = await by(stage.manager);
    await redeem(token, `${stage.slug}-taken`);
    const again = await reissue(id);
    expect(again.maxUses).toBe(1);
    expect(await offered(stage.manager)).toBe(2);
    await redeem(again.token, `${stage.slug}-again`);
    await expect(reissue(again.id)).rejects.toMatchObject(refusedFor('quota'));
    expect((await stage.guestlist.find(again.id))?.state).toBe('used_up');
    // Somebody else has looked at it: that is counted for the inviter, and not refused.
    const third = await reissue(again.id, 'operator');
    expect(await offered(stage.manager)).toBe(3);
    await redeem(third.token, `${stage.slug}-third`);
  });

  it('are those of whoever does it, where somebody else’s place was taken: colleagues are no way round a day’s limit (G1)', async () => {
    const bea = `${stage.slug}-bea`;
    await stage.guestlist.grant(bea, { groups: [`${stage.slug}:manager`] });
    await setPolicy({ perDay: 2 });
    const [theirs, server] = [await by(stage.manager), await stage.guestlist.invite({ groups: [stage.slug] })];
    await redeem(theirs.token, `${stage.slug}-one`);
    await redeem(server.token, `${stage.slug}-two`);
    const again = await reissue(theirs.id, bea);
    expect([await offered(bea), await offered(stage.manager)]).toEqual([1, 1]);
    await redeem(again.token, `${stage.slug}-three`);
    await reissue(server.id, bea);
    await expect(reissue(again.id, bea)).rejects.toMatchObject(refusedFor('quota'));
    expect([await offered(bea), (await stage.guestlist.find(again.id))?.state]).toEqual([2, 'used_up']);
    await expect(by(bea)).rejects.toMatchObject(refusedFor('quota'));
    expect((await refusals()).map(({ actor }) => actor)).toEqual([bea, bea]);
  });

  it('and every other one hold: an earlier end, and no more than the inviter may today', async () => {
    const { id } = await by(stage.manager, { expiresAt: inDays(30) });
    await setPolicy({ maxLifetimeSeconds: 2 * 24 * hour });
    const again = await reissue(id);
    expect(again.expiresAt).toEqual(inDays(2));
    await setPolicy({ channels: ['mail'] });
    await expect(reissue(again.id)).rejects.toMatchObject(refusedFor('channel'));
    await setPolicy({ pinForLinks: true });
    await expect(reissue(again.id)).rejects.toMatchObject(refusedFor('pin'));
    await setPolicy({ who: 'admins' });
    await expect(reissue(again.id)).rejects.toMatchObject({ code: 'grant_not_allowed' });
    await expect(reissue(again.id, 'operator')).rejects.toMatchObject(refusedFor('who'));
    await expect(reissue(again.id, stage.member)).rejects.toMatchObject({ code: 'grant_not_allowed' });
    await setPolicy(null);
    expect((await stage.guestlist.find(again.id))?.state).toBe('open');
    expect((await stage.guestlist.find(id))?.state).toBe('revoked');
  });
});

describe('what it gives', () => {
  it('ends for each group and right when it would have', async () => {
    const more = `${stage.slug}-more`;
    await stage.guestlist.addGroup({ slug: more, name: 'More' });
    await stage.guestlist.addRight({ name: `${stage.slug}:right` });
    // A group that says how long its members stay, beside one that does not.
    await setPolicy({ membershipSeconds: 40 * 24 * hour });
    const { id } = await stage.guestlist.invite({ groups: [stage.slug, more], rights: [`${stage.slug}:right`] });
    await stage.own
      .database('guestlist.invitation_grant')
      .where({ invitation_id: id, position: 0 })
      .update({ ends_at: inDays(30) });
    await stage.own.database('guestlist.invitation_grant').where({ invitation_id: id, position: 2 }).update({ lasts_seconds: 7_200 });
    const { id: again, token } = await reissue(id, 'operator');
    const endsOf = (invitationId: string) =>
      stage.own
        .database('guestlist.invitation_grant')
        .where({ invitation_id: invitationId })
        .orderBy('position')
        .select('ends_at', 'lasts_seconds');
    expect(await endsOf(again)).toEqual([
      { ends_at: inDays(30), lasts_seconds: null },
      { ends_at: null, lasts_seconds: null },
      { ends_at: null, lasts_seconds: '7200' },
    ]);
    expect(await endsOf(again)).toEqual(await endsOf(id));
    await redeem(token, `${stage.slug}-guest`);
    const held = await stage.own
      .database('guestlist.membership')
      .where({ account_id: `${stage.slug}-guest` })
      .orderBy('ends_at');
    expect(held.map(({ ends_at }) => ends_at)).toEqual([inDays(30), null]);
  });

  it('is not offered anew where any of it is over by then', async () => {
    const wish = { expiresAt: inDays(2), ends: { at: inDays(9) } };
    const [{ id }, { id: other }] = [await by(stage.manager, wish), await by(stage.manager, wish)];
    const begin = stage.now;
    try {
      stage.now = inDays(1);
      expect((await reissue(id)).expiresAt).toEqual(wish.expiresAt);
      // In its last day it is good for another week, and what it gives would be over a day later.
      stage.now = new Date(stage.now.getTime() + 1000);
      await expect(reissue(other)).rejects.toMatchObject({ code: 'invitation_expired' });
      expect((await stage.guestlist.find(other))?.state).toBe('open');
    } finally {
      stage.now = begin;
    }
  });

  it('goes to no app that is gone: that is no reason to leave the old link as it is', async () => {
    let apps = [{ clientId: 'calendar', name: 'Calendar', initiateLoginUri: 'https://calendar.example/start' }];
    const guestlist = make({ apps: async () => apps });
    const landingOf = async (id: string) => (await stage.own.database('guestlist.invitation').where({ id }).first()).landing_client_id;
    const { id } = await guestlist.invite({ groups: [stage.slug], inviterId: stage.manager, landingClientId: 'calendar' });
    const again = await guestlist.reissue(id, stage.manager);
    apps = [];
    const third = await guestlist.reissue(again.id, stage.manager);
    expect([await landingOf(again.id), await landingOf(third.id)]).toEqual(['calendar', null]);
  });

  it('is on record as made by whoever did it, in the name of its inviter', async () => {
    const { id } = await by(stage.manager);
    const again = await reissue(id, 'operator');
    const third = await reissue(again.id);
    const entries = await stage.own
      .database('guestlist.audit_event')
      .where({ action: 'invitation.created' })
      .whereIn('subject', [again.id, third.id])
      .orderBy('actor', 'desc')
      .select('actor', stage.own.database.raw(`detail->>'inviter' as inviter`));
    expect(entries).toEqual([
      { actor: 'operator', inviter: stage.manager },
      { actor: stage.manager, inviter: null },
    ]);
  });

  it('is nothing where it was mailed to somebody who is forgotten', async () => {
    const { id } = await by(stage.manager, { email: 'gone@example.org' });
    await stage.own.database('guestlist.invitation').where({ id }).update({ email: null, email_key: null, email_rule: null });
    await expect(reissue(id)).rejects.toMatchObject({ code: 'no_addressee' });
    await stage.guestlist.revoke(id, stage.manager);
    await expect(reissue(id)).rejects.toMatchObject({ code: 'invitation_revoked' });
  });

  it('goes to whoever it is for as it did: reminded or not, asked for or not', async () => {
    await setPolicy({ approval: true });
    const { id } = await by(stage.manager, { email: 'ben@example.org', reminders: false });
    await stage.own.database('guestlist.invitation').where({ id }).update({ asked_for_at: stage.now, needs_approval: false });
    const again = await reissue(id);
    const [made] = await stage.own.database('guestlist.invitation').where({ id: again.id });
    expect(made).toMatchObject({ reminders: false, needs_approval: false, asked_for_at: stage.now, replaces_id: id });
    expect(again.token).toBeUndefined();
    expect(await count(stage.own.database, `mail where invitation_id = '${again.id}' and kind = 'invited'`)).toBe(1);
    expect(await count(stage.own.database, `mail where invitation_id = '${id}' and cancelled_at is null`)).toBe(0);
  });
});

it('two at once make one', async () => {
  const { id } = await by(stage.manager);
  const answers = await Promise.allSettled([reissue(id), reissue(id), reissue(id, 'operator')]);
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const answer of answers) if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'invitation_revoked' });
  expect(await count(stage.own.database, `invitation where replaces_id = '${id}'`)).toBe(1);
});

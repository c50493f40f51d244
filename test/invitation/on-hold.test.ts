/** What is done to an invitation that is out, while it is on hold or was confirmed by a second person: no way past either. */
import { describe, expect, it } from 'vitest';
import type { Issued } from '../../src/index.ts';
import { asAccount, visitTo } from '../plugin/making.ts';
import { count } from '../support/invariants.ts';
import { mailedLink } from '../support/mail.ts';
import { by, inDays, refusals, refusedFor, setPolicy, setStage, stage } from './limits-setting.ts';

setStage();

const suspended = { code: 'invitation_suspended' };
const redeem = async (token: string | undefined, accountId: string) =>
  stage.guestlist.redeem(await visitTo(stage.own.database, token ?? ''), asAccount(accountId));
const mailsOf = async ({ id }: Pick<Issued, 'id'>) => count(stage.own.database, `mail where invitation_id = '${id}' and kind = 'invited'`);
const stateOf = async ({ id }: Pick<Issued, 'id'>) => (await stage.guestlist.find(id))?.state;

async function secondManager(): Promise<string> {
  const second = `second-${stage.number}`;
  await stage.guestlist.grant(second, { groups: [`${stage.slug}:manager`] });
  return second;
}

describe('of somebody who may not invite any more', () => {
  it('nothing is mailed or shown, by whomever, before somebody has taken it over; then it goes by their name', async () => {
    const second = await secondManager();
    const made = await by(stage.manager, { email: 'ben@example.org', inviterName: 'Ada Park', message: 'Do come!' });
    await stage.guestlist.withdraw(stage.manager, { groups: [stage.slug] });
    for (const actor of [second, 'admin', 'operator']) {
      await expect(stage.guestlist.resend(made.id, actor)).rejects.toMatchObject(suspended);
      await expect(stage.guestlist.share(made.id, actor)).rejects.toMatchObject(suspended);
    }
    expect(await mailsOf(made)).toBe(1);
    await stage.guestlist.adopt(made.id, second);
    await stage.guestlist.resend(made.id, second);
    expect(await stage.own.database('guestlist.mail').where({ invitation_id: made.id, cancelled_at: null }).pluck('id')).toHaveLength(1);
    const row = await stage.own.database('guestlist.invitation').where({ id: made.id }).first();
    expect([row.inviter_id, row.inviter_name, row.message]).toEqual([second, `Person ${second}`, 'Do come!']);
    await stage.guestlist.adopt(made.id, 'operator');
    expect((await stage.own.database('guestlist.invitation').where({ id: made.id }).first()).inviter_name).toBeNull();
  });

  it('one that waits for a second person is confirmed once it is good again: its mail would lead nowhere', async () => {
    const second = await secondManager();
    await stage.guestlist.changeGroup(stage.slug, { sensitive: true });
    const [mailed, shown] = [await by(stage.manager, { email: 'ben@example.org' }), await by(stage.manager)];
    await stage.guestlist.withdraw(stage.manager, { groups: [stage.slug] });
    await expect(stage.guestlist.confirm(mailed.id, second)).rejects.toMatchObject(suspended);
    expect(await mailsOf(mailed)).toBe(0);
    // Nothing goes anywhere by this one.
    await stage.guestlist.confirm(shown.id, second);
    expect(await stateOf(shown)).toBe('suspended');
    await stage.guestlist.grant(stage.manager, { groups: [`${stage.slug}:manager`] });
    await setPolicy({ channels: ['link'] });
    await expect(stage.guestlist.confirm(mailed.id, second)).rejects.toMatchObject(refusedFor('channel'));
    expect(await refusals()).toMatchObject([{ actor: second, subject: mailed.id }]);
    await setPolicy(null);
    await stage.guestlist.confirm(mailed.id, second);
    expect([await stateOf(mailed), await mailsOf(mailed)]).toEqual(['open', 1]);
  });

  it('nor is anything of a group that is archived', async () => {
    const made = await by(stage.manager, { email: 'ben@example.org' });
    await stage.guestlist.changeGroup(stage.slug, { archived: true });
    await expect(stage.guestlist.resend(made.id, stage.manager)).rejects.toMatchObject(suspended);
    await expect(stage.guestlist.share(made.id, 'operator')).rejects.toMatchObject(suspended);
    expect(await mailsOf(made)).toBe(1);
  });
});

describe('what a second person has confirmed as a mail', () => {
  it('for whoever accepts it is confirmed again where it becomes a link, and not by whoever has that in hand', async () => {
    const second = await secondManager();
    await stage.guestlist.changeGroup(stage.slug, { sensitive: true });
    const made = await by(stage.manager, { email: 'ben@example.org', emailRule: 'any' });
    await stage.guestlist.confirm(made.id, second);
    expect(await stateOf(made)).toBe('open');
    const shared = await stage.guestlist.share(made.id, second);
    expect([shared.needsConfirming, await stateOf(made)]).toEqual([true, 'suspended']);
    await expect(redeem(shared.url.split('/').at(-1), 'mallory')).rejects.toMatchObject(suspended);
    for (const actor of [second, stage.manager])
      await expect(stage.guestlist.confirm(made.id, actor)).rejects.toMatchObject({ code: 'second_person_needed' });
    await stage.guestlist.confirm(made.id, 'admin');
    // The way is not new any more.
    expect(await stage.guestlist.share(made.id, second)).toMatchObject({ needsConfirming: false });
    expect(await stateOf(made)).toBe('open');
  });

  it('and was answered since is not mailed again when a change of it is confirmed: the link of before is good', async () => {
    const second = await secondManager();
    await stage.guestlist.changeGroup(stage.slug, { sensitive: true });
    const made = await by(stage.manager, { email: 'answers@example.org', emailRule: 'any', maxUses: 2 });
    const unanswered = await by(stage.manager, { email: 'cleo@example.org', maxUses: 2 });
    for (const { id } of [made, unanswered]) await stage.guestlist.confirm(id, second);
    const link = (await mailedLink(stage.own.database, 'answers@example.org')).split('/').at(-1);
    await redeem(link, 'ben');
    for (const { id } of [made, unanswered]) {
      await stage.guestlist.change(id, { maxUses: 5 }, stage.manager);
      await stage.guestlist.confirm(id, second);
    }
    expect([await mailsOf(made), await mailsOf(unanswered)]).toEqual([1, 2]);
    expect(await redeem(link, 'a-friend-of-ben')).toMatchObject({ answer: 'joined' });
  });

  it('stays so where the link is good for that mailbox alone', async () => {
    const second = await secondManager();
    await stage.guestlist.changeGroup(stage.slug, { sensitive: true });
    const made = await by(stage.manager, { email: 'ben@example.org' });
    await stage.guestlist.confirm(made.id, second);
    expect(await stage.guestlist.share(made.id, stage.manager)).toMatchObject({ needsConfirming: false });
    expect(await stateOf(made)).toBe('open');
  });
});

describe('a later end', () => {
  it('is before the end of what is given: else the last ones would come in for nothing', async () => {
    const wish = { ends: { at: inDays(9) }, expiresAt: inDays(2) };
    const [link, mailed] = [await by(stage.manager, wish), await by(stage.manager, { ...wish, email: 'ben@example.org' })];
    await expect(stage.guestlist.change(link.id, { expiresAt: inDays(9) }, stage.manager)).rejects.toThrow(/before what it gives ends/);
    await expect(stage.guestlist.resend(mailed.id, stage.manager, { expiresAt: inDays(9) })).rejects.toMatchObject({
      code: 'invitation_expired',
    });
    await stage.guestlist.change(link.id, { expiresAt: inDays(8) }, stage.manager);
    await stage.guestlist.resend(mailed.id, stage.manager, { expiresAt: inDays(8) });
    expect((await stage.guestlist.find(mailed.id))?.expiresAt).toEqual(inDays(8));
  });
});

it('what is named in two ways is given once', async () => {
  const wish = { groups: [stage.slug, `${stage.slug}:member`, stage.slug] };
  const { id } = await by(stage.manager, wish);
  expect((await stage.guestlist.find(id))?.grants).toEqual([`${stage.slug}:member`]);
  expect(await stage.guestlist.grant('twice', wish)).toEqual([`${stage.slug}:member`]);
});

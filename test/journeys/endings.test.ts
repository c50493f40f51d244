/** News of memberships and rights that end within a week: once, and to those alone who lose something. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { markStopped } from '../../src/mail/stop-store.ts';
import { findContradictions } from '../support/invariants.ts';
import { mailbox } from '../support/mail.ts';
import { createSetting, type Setting } from './setting.ts';

let setting: Setting;
let guestlist: Setting['guestlist'];

beforeAll(async () => {
  setting = await createSetting({ choir: 'Kammerchor Nord', board: 'Vorstand' });
  guestlist = setting.guestlist;
});
afterAll(() => setting?.server.close());
beforeEach(async () => {
  await setting.server.database.raw('delete from guestlist.throttle');
});

const database = () => setting.server.database;
const days = (number: number) => setting.server.pass(number * 24 * 60 * 60);
const hours = (number: number) => setting.server.pass(number * 60 * 60);

describe('what ends', () => {
  const endingsTo = async (email: string) => (await mailbox(database(), email)).filter(({ kind }) => kind === 'ending');
  const forDays = (number: number) => ({ afterSeconds: number * 24 * 60 * 60 });

  test('is told once, seven days before, in one mail for all of it', async () => {
    const { accountId, email } = await setting.member('singer', { groups: ['choir'], ends: forDays(30) });
    await guestlist.grant(accountId, { groups: ['board:manager'], rights: ['guestlist:admin'], ends: forDays(30) });
    days(22);
    await guestlist.remind();
    expect(await endingsTo(email)).toHaveLength(0);
    days(1);
    hours(1);
    await Promise.all(Array.from({ length: 5 }, () => guestlist.remind()));
    const [mail, ...others] = await endingsTo(email);
    expect(others).toEqual([]);
    for (const words of ['Kammerchor Nord', 'Vorstand', 'guestlist:admin']) expect(mail?.text.replaceAll('\u2060', '')).toContain(words);
    expect(mail?.subject).toContain('Kammerchor Nord');
    for (const day of [1, 3, 3]) {
      days(day);
      await guestlist.remind();
    }
    expect(await endingsTo(email)).toHaveLength(1);
  });

  test('is told of its new end where it was prolonged after that, and not before its time', async () => {
    const { accountId, email } = await setting.member('prolonged', { groups: ['choir'], ends: forDays(20) });
    days(14);
    await guestlist.remind();
    await guestlist.grant(accountId, { groups: ['choir'], ends: forDays(40) });
    days(10);
    await guestlist.remind();
    expect(await endingsTo(email)).toHaveLength(1);
    days(25);
    await guestlist.remind();
    expect(await endingsTo(email)).toHaveLength(2);
  });

  test.each([
    ['about what was prolonged in time', async (accountId: string) => guestlist.grant(accountId, { groups: ['choir'], ends: forDays(90) })],
    ['about what was taken away', async (accountId: string) => guestlist.withdraw(accountId, { groups: ['choir'] })],
    ['about what something else gives for longer', async (accountId: string) => guestlist.grant(accountId, { groups: ['choir:manager'] })],
    [
      'who is disabled',
      async (accountId: string) => database()('guestlist.account').where({ id: accountId }).update({ disabled_at: setting.server.now() }),
    ],
    [
      'who stopped such mail',
      async (accountId: string) => database().transaction((trx) => markStopped(trx, `account:${accountId}`, setting.server.now())),
    ],
  ])('nobody is told %s', async (title, change) => {
    const { accountId, email } = await setting.member(title.replaceAll(' ', '-'), { groups: ['choir'], ends: forDays(20) });
    await change(accountId);
    days(14);
    await guestlist.remind();
    expect(await endingsTo(email)).toEqual([]);
  });

  test('is not told where it lasted for less than two weeks', async () => {
    const { email } = await setting.member('short', { groups: ['choir'], ends: forDays(13) });
    days(7);
    await guestlist.remind();
    expect(await endingsTo(email)).toEqual([]);
  });

  test('counts as mail that strangers cause where nobody has proven the mailbox', async () => {
    const proven = await setting.member('proven', { groups: ['choir'], ends: forDays(20), verified: true });
    const unproven = await setting.member('unproven', { groups: ['choir'], ends: forDays(20) });
    days(14);
    await guestlist.remind();
    for (const [{ email }, cause] of [
      [proven, 'news'],
      [unproven, 'stranger'],
    ] as const) {
      const { rows } = await database().raw(`select caused_by from guestlist.mail where kind = 'ending' and to_address = ?`, [email]);
      expect(rows).toEqual([{ caused_by: cause }]);
    }
  });

  test('is stopped by the one click in the mail', async () => {
    const { accountId, email } = await setting.member('had-enough', { groups: ['choir'], ends: forDays(20) });
    days(14);
    await guestlist.remind();
    const [mail] = await endingsTo(email);
    const body = new URLSearchParams({ 'List-Unsubscribe': 'One-Click' });
    expect((await fetch(mail?.unsubscribeUrl ?? '', { method: 'POST', body })).status).toBe(200);
    await guestlist.grant(accountId, { groups: ['board'], ends: forDays(20) });
    days(14);
    await guestlist.remind();
    expect(await endingsTo(email)).toHaveLength(1);
    expect(await guestlist.groupsOf(accountId)).toMatchObject({ groups: ['board'] });
  });
});

test('and nothing of it contradicts itself', async () => {
  expect(await findContradictions(database())).toEqual([]);
});

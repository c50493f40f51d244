/** Several people invited at once: what is wrong is told first, each gets one invitation, and nobody is found out. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Member, Setting } from '../journeys/setting.ts';
import { formOf, type Rest } from '../support/browser.ts';
import { createInviting, textOn } from './inviting.ts';

let setting: Setting;
let maya: Member;
let pia: Member;

beforeAll(async () => {
  ({ setting, maya, pia } = await createInviting());
});
afterAll(() => setting?.server.close());

const open = ({ browser }: Member, group: string) => browser.open(`/me/invitations/several?group=${group}`);
const check = async (member: Member, group: string, addresses: string) =>
  member.browser.submit(await open(member, group), 'check', { addresses });
const invited = async (accountId: string): Promise<string[]> =>
  setting.server.database('guestlist.invitation').where({ inviter_id: accountId }).orderBy('id').pluck('email');
const countsOn = ({ $ }: Rest) =>
  $('.note .plain li')
    .toArray()
    .map((line) => $(line).text());

describe('addresses that were pasted', () => {
  test('are looked at first, and nothing is sent', async () => {
    const page = await check(maya, 'choir', 'Ada Park <ada@example.org>, ben@example.org; ADA@example.org\nmaya@example.org\nnobody');
    expect(page.status).toBe(422);
    expect(countsOn(page)).toEqual(['2 can be invited', '1 stands there twice', '1 is a member already', '1 has to be corrected:']);
    expect(page.$('button[value=send]')).toHaveLength(0);
    expect(page.$('#addresses').val()).toContain('nobody');
    expect(await invited(maya.accountId)).toEqual([]);
  });

  test('are each invited once, however often the form is sent', async () => {
    const checked = await check(maya, 'choir', 'Ada Park <ada@example.org>\nben@example.org\nben@example.org\nmaya@example.org');
    expect(countsOn(checked)[0]).toBe('2 can be invited');
    const { action, filled } = formOf(checked, 'send');
    const answers = await Promise.all([1, 2].map(() => maya.browser.post(action, filled)));
    // Later as well, when all of them are on the record as invited.
    answers.push(await maya.browser.post(action, filled));
    for (const answer of answers) expect(textOn(answer)).toContain('2 invitations are on their way.');
    expect(await invited(maya.accountId)).toEqual(['ada@example.org', 'ben@example.org']);
    expect(await setting.mailsTo('ada@example.org')).toEqual(['invited']);
    expect(textOn(answers[0] as Rest)).toContain('Ada Park');
  });

  test('that cannot all be invited today are, as far as it goes, and the others stay in the form', async () => {
    await setting.guestlist.setPolicy('stage', { who: 'members', perDay: 2 });
    const checked = await check(
      pia,
      'stage',
      'one@example.org two@example.org'.replace(' ', '\n') + '\nthree@example.org\nfour@example.org',
    );
    const page = await pia.browser.submit(checked, 'send');
    expect(page.status).toBe(422);
    expect(textOn(page)).toContain('2 invitations are on their way. The other addresses are still here.');
    expect(page.$('#addresses-error').text()).toContain('more people than you may invite');
    expect(String(page.$('#addresses').val())).toBe('three@example.org\nfour@example.org');
    expect(await invited(pia.accountId)).toEqual(['one@example.org', 'two@example.org']);
    await setting.guestlist.setPolicy('stage', { who: 'members' });
    const rest = await pia.browser.submit(await pia.browser.submit(page, 'check'), 'send');
    expect(textOn(rest)).toContain('2 invitations are on their way.');
    expect(await invited(pia.accountId)).toHaveLength(4);
  });

  test('tell a plain member nothing of who is there already', async () => {
    const page = await check(pia, 'stage', 'maya@example.org\nnobody-yet@example.org\none@example.org');
    expect(countsOn(page)).toEqual(['3 can be invited']);
  });

  test.each([
    ['nothing', ''],
    ['too many', Array.from({ length: 51 }, (_, index) => `p${index}@example.org`).join('\n')],
    ['no address among others', 'good@example.org\nbad@'],
    ['nobody new', 'maya@example.org'],
  ])('are refused in words, with what was typed: %s', async (_, addresses) => {
    const before = await invited(maya.accountId);
    const { action, filled } = formOf(await open(maya, 'choir'), 'check');
    const page = await maya.browser.post(action, { ...filled, step: 'send', addresses });
    expect(page.status).toBe(422);
    expect(page.$('#addresses-error').text().trim()).not.toBe('');
    expect(String(page.$('#addresses').val() ?? '').trim()).toBe(addresses);
    expect(await invited(maya.accountId)).toEqual(before);
  });

  test('go to no group of others, by no role that one may not give, and with no field of their own', async () => {
    const before = await invited(pia.accountId);
    const { action, filled } = formOf(await open(pia, 'stage'), 'check');
    const send = (more: Record<string, string>) =>
      pia.browser.post(action, { ...filled, step: 'send', addresses: 'x@example.org', ...more });
    for (const more of [
      { group: 'board' },
      { group: 'opera' },
      { role: 'manager' },
      { rights: 'guestlist:admin' },
      { lasts: '315576000000' },
    ])
      expect((await send(more as Record<string, string>)).status, JSON.stringify(more)).toBe(422);
    expect(await invited(pia.accountId)).toEqual(before);
  });
});

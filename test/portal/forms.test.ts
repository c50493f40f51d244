/** What every form of the portal asks before it does anything. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createSetting, type Member, type Setting } from '../journeys/setting.ts';
import { createBrowser } from '../support/browser.ts';
import { goodPassword } from '../support/people.ts';

let setting: Setting;
let ada: Member;
let ben: Member;
beforeAll(async () => {
  setting = await createSetting({ choir: 'Kammerchor Nord' });
  ada = await setting.member('ada', { groups: ['choir'] });
  ben = await setting.member('ben', { groups: ['choir'] });
  await setting.again(ada);
  await setting.app.signInSilently(ada.browser);
});
afterAll(() => setting.server.close());
beforeEach(async () => {
  await setting.server.database.raw('delete from guestlist.throttle');
});

/** Where each stands; some are found on a page of theirs. */
const forms = [
  ['leaving a group', () => Promise.resolve('/me/groups/choir/leave')],
  ['ending a session', () => linked('End this session')],
  ['ending all others', () => linked('Sign out everywhere else')],
  ['withdrawing access', () => linked('Withdraw access')],
  ['changing the name', () => Promise.resolve('/me/account/name')],
  ['taking the data along', () => Promise.resolve('/me/data')],
  ['deleting the account', () => Promise.resolve('/me/delete')],
] as const;
const filled = { name: 'Mallory', email: 'ada@example.org', current: goodPassword };

async function linked(text: string): Promise<string> {
  const page = await ada.browser.open('/me/sessions');
  return page.$(`a:contains("${text}")`).attr('href') ?? Promise.reject(new Error(`no link ${text}`));
}

/** All that could have been done. */
async function standing() {
  const { database, guestlist } = { ...setting.server, guestlist: setting.guestlist };
  const { rows } = await database.raw(
    `select (select count(*)::int from guestlist.oidc_payload where kind in ('Session', 'Grant') and payload ->> 'accountId' = :id) as sessions,
      (select name from guestlist.account where id = :id) as name,
      (select count(*)::int from guestlist.audit_event where actor = :id) as deeds`,
    { id: ada.accountId },
  );
  return { ...rows[0], ...(await guestlist.groupsOf(ada.accountId)) };
}

describe.each(forms)('%s', (_, addressOf) => {
  const tokenOf = async (member: Member, address: string) =>
    String((await member.browser.open(address)).$('[name="form_token"]').attr('value'));

  test('is refused without a form token, and with that of another page or another person', async () => {
    const before = await standing();
    const address = await addressOf();
    const elsewhere = address === '/me/data' ? '/me/delete' : '/me/data';
    for (const form_token of ['', 'made-up', await tokenOf(ada, elsewhere), await tokenOf(ben, '/me/data')]) {
      const page = await ada.browser.post(address, { form_token, ...filled });
      expect([page.status, page.$('body').attr('data-code')]).toEqual([403, 'form_expired']);
    }
    expect(await standing()).toEqual(before);
  });

  test('is refused from another origin, whatever it brings', async () => {
    const before = await standing();
    const address = await addressOf();
    const form_token = await tokenOf(ada, address);
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }]) {
      const page = await ada.browser.post(address, { form_token, ...filled }, { origin: 'https://evil.example', ...headers });
      expect([page.status, page.$('body').attr('data-code')]).toEqual([403, 'foreign_origin']);
    }
    expect(await standing()).toEqual(before);
  });

  test('is for whoever is signed in, and asks to sign in first', async () => {
    const address = await addressOf();
    for (const page of [
      await createBrowser(setting.server.issuer).open(address),
      await createBrowser(setting.server.issuer).post(address, {}),
    ])
      expect(page.heading).toBe('Sign in');
  });
});

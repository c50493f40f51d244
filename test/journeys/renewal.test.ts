/** An invitation to one mailbox that has run out is renewed by whoever opens its link: the new one goes to that mailbox alone. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Browser, createBrowser, type Rest } from '../support/browser.ts';
import { count, findContradictions, snapshot } from '../support/invariants.ts';
import { mailbox, mailedLink } from '../support/mail.ts';
import { join } from '../support/people.ts';
import { createSetting, type Member, refusalOn, refused, type Setting } from './setting.ts';

let setting: Setting;
let guestlist: Setting['guestlist'];
let maya: Member;
let number = 0;

beforeAll(async () => {
  setting = await createSetting({ choir: 'Kammerchor Nord', board: 'Vorstand' });
  guestlist = setting.guestlist;
  maya = await setting.member('maya', { groups: ['choir:manager'] });
});
afterAll(() => setting?.server.close());
beforeEach(async () => {
  await setting.server.database.raw('delete from guestlist.throttle');
});

const database = () => setting.server.database;
const days = (count: number) => setting.server.pass(count * 24 * 60 * 60);
const guest = () => createBrowser(setting.server.issuer);
const invitedMails = async (email: string) => (await mailbox(database(), email)).filter(({ kind }) => kind === 'invited').length;
const toMaya = async () => (await mailbox(database(), maya.email)).filter(({ kind }) => kind === 'notice').map(({ subject }) => subject);

type Wish = Partial<Parameters<Setting['guestlist']['invite']>[0]>;

/** By Maya, for three days, on both ways. */
async function invite(more: Wish = {}) {
  number += 1;
  const email = `guest-${number}@example.org`;
  const wish = { groups: ['choir'], email, inviterId: maya.accountId, inviterName: 'Maya Lind', expiresAt: setting.inDays(3) } as const;
  const { id, url } = await guestlist.invite({ ...wish, channels: ['mail', 'link'], ...more });
  return { id, email, copied: url ?? '', mailed: await mailedLink(database(), email) };
}

/** Opens the link and presses what asks for a new one. */
async function ask(url: string, browser: Browser = guest(), button = 'Send me a new link'): Promise<Rest> {
  return browser.submit(await browser.open(url), button);
}

describe('an invitation that has run out', () => {
  test('offers a new link, mails it to its own address, and that one lets in', async () => {
    const { id, email, mailed } = await invite();
    days(4);
    const page = await guest().open(mailed);
    expect(refusalOn(page)).toEqual(refused.expired);
    const told = await ask(mailed);
    expect([told.status, told.heading]).toEqual([200, 'Look in your mailbox']);
    expect(told.html).not.toMatch(/\/invite\/[\w-]{22}"/);
    expect(await invitedMails(email)).toBe(2);
    const fresh = await mailedLink(database(), email);
    expect(fresh).not.toBe(mailed);
    const { expiresAt, state } = (await guestlist.find(id)) ?? {};
    expect(state).toBe('open');
    expect(Math.round(((expiresAt?.getTime() ?? 0) - setting.server.now().getTime()) / 3_600_000)).toBe(3 * 24);
    expect((await join(guest(), fresh, { email })).heading).toBe('You’re in!');
    expect((await toMaya())[0]).toBe('A new link was sent: Kammerchor Nord');
    const timeline = (await guestlist.timeline(id)).map(({ what }) => what);
    expect(timeline).toEqual(expect.arrayContaining(['invitation.link_wanted', 'invitation.renewed']));
  });

  test('goes to that mailbox alone, whoever presses: also by the link that was passed on, and from another account', async () => {
    const { email, copied } = await invite();
    days(4);
    const before = await count(database(), 'mail');
    await ask(copied, maya.browser);
    const added = await database()('guestlist.mail')
      .orderBy('id', 'desc')
      .limit((await count(database(), 'mail')) - before);
    expect(added.map(({ kind, to_address }) => `${kind} ${to_address}`).toSorted()).toEqual([`invited ${email}`, `notice ${maya.email}`]);
  });

  test('leaves no earlier link alive, on either way', async () => {
    const { id, email, copied, mailed } = await invite();
    await guestlist.resend(id, 'operator');
    const second = await mailedLink(database(), email);
    days(4);
    await ask(mailed, guest());
    for (const link of [copied, mailed, second])
      expect(refusalOn(await guest().open(link))).toEqual({ status: 410, code: 'invitation_replaced' });
    expect((await guest().open(await mailedLink(database(), email))).heading).toContain('Kammerchor Nord');
  });

  test('is good for a week at most, however long it was before', async () => {
    const { id, mailed } = await invite({ expiresAt: setting.inDays(60) });
    days(61);
    await ask(mailed);
    const { expiresAt } = (await guestlist.find(id)) ?? {};
    expect(Math.round(((expiresAt?.getTime() ?? 0) - setting.server.now().getTime()) / 3_600_000)).toBe(7 * 24);
  });

  test('is renewed three times and no more; then its inviter is asked', async () => {
    const { id, email } = await invite();
    for (let round = 0; round < 5; round += 1) {
      days(4);
      await database().raw('delete from guestlist.throttle');
      expect((await ask(await mailedLink(database(), email))).heading).toBe('Look in your mailbox');
    }
    expect(await invitedMails(email)).toBe(4);
    expect(await count(database(), `invitation_renewal where invitation_id = '${id}'`)).toBe(3);
    expect((await toMaya()).slice(0, 5)).toEqual([
      ...Array(2).fill('A new link is wanted: Kammerchor Nord'),
      ...Array(3).fill('A new link was sent: Kammerchor Nord'),
    ]);
    const { rows } = await database().raw(
      'select round(extract(epoch from expires_at - renewed_at) / 3600)::int as hours from guestlist.invitation_renewal where invitation_id = ?',
      [id],
    );
    expect(rows).toEqual(Array(3).fill({ hours: 72 }));
  });

  test('is renewed once when ten people press at once', async () => {
    const { id, email, mailed } = await invite();
    days(4);
    const pages = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const browser = guest();
        return { browser, page: await browser.open(mailed) };
      }),
    );
    const answers = await Promise.all(pages.map(({ browser, page }) => browser.submit(page, 'Send me a new link')));
    expect(new Set(answers.map(({ html }) => html)).size).toBe(1);
    expect(await invitedMails(email)).toBe(2);
    expect(await count(database(), `invitation_renewal where invitation_id = '${id}'`)).toBe(1);
  });

  test('is renewed also where the operator made it, and nobody is told', async () => {
    number += 1;
    const email = `guest-${number}@example.org`;
    await guestlist.invite({ groups: ['choir'], email, expiresAt: setting.inDays(1) });
    days(2);
    await ask(await mailedLink(database(), email));
    expect(await invitedMails(email)).toBe(2);
  });

  test('begins anew with reminders, as long as there are any left', async () => {
    const { email, mailed } = await invite({ expiresAt: setting.inDays(3.5) });
    days(4);
    await ask(mailed);
    days(3);
    await guestlist.remind();
    expect((await setting.mailsTo(email)).filter((kind) => kind === 'reminder')).toHaveLength(1);
  });
});

describe('is not renewed, and the page says the same:', () => {
  const reasons: Readonly<Record<string, { readonly wish?: Wish; readonly change: (id: string, email: string) => Promise<unknown> }>> = {
    'whose inviter may not invite any more': { change: () => guestlist.withdraw(maya.accountId, { groups: ['choir:manager'] }) },
    'whose inviter is disabled': { change: () => setDisabled(maya.accountId, setting.server.now()) },
    'whose group was archived': { wish: { groups: ['choir'] }, change: () => guestlist.changeGroup('choir', { archived: true }) },
    'whose addressee is disabled': {
      change: async (_, email) => {
        const person = await setting.member(email.split('@')[0] ?? '');
        await setDisabled(person.accountId, setting.server.now());
      },
    },
    'that gives what is over by then': { wish: { ends: { at: new Date('2100-01-01') } }, change: endGrantSoon },
    'that was asked for too often today': {
      change: () => database().raw(`update guestlist.throttle set points = 1000, expire = expire + 600000000 where key like 'link_wish:%'`),
    },
  };

  const setDisabled = (id: string, at: Date | null) => database()('guestlist.account').where({ id }).update({ disabled_at: at });

  async function endGrantSoon(id: string) {
    await database()('guestlist.invitation_grant')
      .where({ invitation_id: id })
      .update({ ends_at: setting.inDays(1) });
  }

  test.each(Object.entries(reasons))('one %s', async (_, { wish = {}, change }) => {
    const renewable = await invite();
    const { id, email, mailed } = await invite(wish);
    days(4);
    const browser = guest();
    const page = await browser.open(mailed);
    const renewed = await ask(renewable.mailed);
    // So that there is a count to be too high.
    await database().raw(`insert into guestlist.throttle (key, points, expire) values (?, 0, ?) on conflict do nothing`, [
      `link_wish:${id}`,
      setting.server.now().getTime() + 60_000_000,
    ]);
    await change(id, email);
    const before = await guestlist.find(id);
    const answer = await browser.submit(page, 'Send me a new link');
    expect([answer.status, answer.html]).toEqual([renewed.status, renewed.html]);
    expect(await invitedMails(email)).toBe(1);
    expect(await guestlist.find(id)).toEqual(before);
    await guestlist.changeGroup('choir', { archived: false });
    await setDisabled(maya.accountId, null);
    await guestlist.grant(maya.accountId, { groups: ['choir:manager'] });
  });

  test('one for a sensitive group, whose end a second person has confirmed', async () => {
    await guestlist.addGroup({ slug: 'safe', name: 'Safe', sensitive: true });
    const admin = await setting.member('admin', { rights: ['guestlist:admin'] });
    number += 1;
    const email = `guest-${number}@example.org`;
    const { id, url } = await guestlist.invite({ groups: ['safe'], email, channels: ['mail', 'link'], expiresAt: setting.inDays(1) });
    await guestlist.confirm(id, admin.accountId);
    days(2);
    await ask(url ?? '');
    expect(await invitedMails(email)).toBe(1);
  });
});

test('one that has not begun yet is not renewed either: whoever opens a link that was replaced has its inviter asked', async () => {
  const { id, email, mailed } = await invite({ startsAt: setting.inDays(10), expiresAt: setting.inDays(12) });
  await guestlist.resend(id, 'operator');
  const before = await guestlist.find(id);
  expect((await ask(mailed, guest(), 'Ask for a new link')).status).toBe(200);
  expect((await toMaya())[0]).toBe('A new link is wanted: Kammerchor Nord');
  expect(await guestlist.find(id)).toEqual(before);
  expect(await invitedMails(email)).toBe(2);
});

test('what was withdrawn, or used, offers no new link of its own', async () => {
  const withdrawn = await invite();
  await guestlist.revoke(withdrawn.id, 'operator');
  const used = await invite();
  await join(guest(), used.mailed, { email: used.email });
  days(4);
  expect((await guest().open(withdrawn.mailed)).html).not.toContain('new link');
  const page = await guest().open(used.mailed);
  expect(page.html).not.toContain('Send me a new link');
});

test('what is for whoever has it goes on asking its inviter', async () => {
  const { url, id } = await guestlist.invite({ groups: ['choir'], inviterId: maya.accountId, expiresAt: setting.inDays(1) });
  days(2);
  const told = await ask(url, guest(), 'Ask for a new link');
  expect(told.heading).toBe('We’ll pass it on');
  expect((await toMaya())[0]).toBe('A new link is wanted: Kammerchor Nord');
  expect((await guestlist.find(id))?.state).toBe('expired');
});

test('looking at the page, and asking for the form’s address again, renews nothing', async () => {
  const { mailed } = await invite();
  days(4);
  const browser = guest();
  await browser.open(mailed);
  const before = await snapshot(database());
  await browser.open('/invite');
  await browser.open('/invite/ask');
  await browser.post('/invite/ask', { form_token: 'guessed' });
  expect(await snapshot(database())).toEqual(before);
});

test('whether it was renewed or not, the database is asked the same questions', async () => {
  const good = await invite();
  const bad = await invite();
  days(4);
  const asked = async (url: string) => {
    const browser = guest();
    const page = await browser.open(url);
    const statements: string[] = [];
    const note = ({ sql }: { sql: string }) => void statements.push(sql.replace(/^(release|rollback to) savepoint/, 'end savepoint'));
    database().on('query', note);
    await browser.submit(page, 'Send me a new link');
    database().removeListener('query', note);
    return statements;
  };
  await database()('guestlist.invitation_grant')
    .where({ invitation_id: bad.id })
    .update({ ends_at: setting.inDays(1) });
  const [renewed, refusedOne] = [await asked(good.mailed), await asked(bad.mailed)];
  expect(await invitedMails(good.email)).toBe(2);
  expect(await invitedMails(bad.email)).toBe(1);
  expect(refusedOne).toEqual(renewed);
  expect(renewed.length).toBeGreaterThan(20);
});

test('and nothing of it contradicts itself', async () => {
  expect(await findContradictions(database())).toEqual([]);
});

/** Time that passes between two steps, and clocks that are put forward or back: each test leaves the clock as it was. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createBrowser } from '../support/browser.ts';
import { count, snapshot } from '../support/invariants.ts';
import { mailedLink } from '../support/mail.ts';
import { openAsNewcomer, register } from '../support/people.ts';
import { accept, createSetting, questionOf, refusalOn, refused, type Setting } from './setting.ts';

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

const minute = 60;
const hour = 60 * minute;
const anybody = () => createBrowser(setting.server.issuer);
const after = (seconds: number) => new Date(setting.server.now().getTime() + seconds * 1000);
const accountsOf = (email: string) => count(setting.server.database, `account_email where email_key = '${email}'`);

/** What happens with the clock put forward, or back. */
async function at<Result>(seconds: number, work: () => Promise<Result>): Promise<Result> {
  setting.server.pass(seconds);
  try {
    return await work();
  } finally {
    setting.server.pass(-seconds);
  }
}

test('expired between the question and the answer: a page says so, nothing was done, and before that time it goes on', async () => {
  const ada = await setting.member('ada');
  const { url, id } = await guestlist.invite({ groups: ['choir'], expiresAt: after(10 * minute) });
  const question = await questionOf(ada, url);
  const before = await snapshot(setting.server.database);
  await at(10 * minute, async () => {
    const page = await ada.browser.submit(question, 'Join');
    expect(refusalOn(page)).toEqual(refused.expired);
    expect(page.heading).toBe('This invitation has expired');
    expect(await setting.groupsOf(ada.browser)).toEqual([]);
  });
  expect(await snapshot(setting.server.database)).toEqual(before);
  expect((await ada.browser.submit(question, 'Join')).heading).toBe('You’re in!');
  expect(await setting.usedCount(id)).toBe(1);
});

test('expired on the form: no account; what was typed is there again where the form is', async () => {
  const { url } = await guestlist.invite({ groups: ['choir'], expiresAt: after(10 * minute) });
  const browser = anybody();
  const form = await openAsNewcomer(browser, url);
  const again = await register(browser, form, { name: 'Ada Park', email: 'typed@example.org', password: 'short' });
  expect(again.status).toBe(422);
  expect(again.$('input[name="name"]').attr('value')).toBe('Ada Park');
  expect(again.$('input[name="email"]').attr('value')).toBe('typed@example.org');
  const before = await snapshot(setting.server.database);
  const late = await at(10 * minute, () => register(browser, again, { email: 'typed@example.org' }));
  expect(refusalOn(late)).toEqual(refused.expired);
  expect(await snapshot(setting.server.database)).toEqual(before);
  expect(await accountsOf('typed@example.org')).toBe(0);
  expect((await register(browser, again, { email: 'typed@example.org' })).heading).toBe('You’re in!');
});

test('a link that opens later: not a moment before, and the same link then', async () => {
  const ada = await setting.member('early');
  const { url, id } = await guestlist.invite({ groups: ['choir'], startsAt: after(hour), expiresAt: after(2 * hour) });
  expect(refusalOn(await ada.browser.open(url))).toEqual(refused.notStarted);
  await at(hour, async () => {
    const question = await questionOf(ada, url);
    expect(question.heading).toContain('Kammerchor Nord');
    setting.server.pass(-minute);
    expect(refusalOn(await ada.browser.submit(question, 'Join'))).toEqual(refused.notStarted);
    expect(await setting.usedCount(id)).toBe(0);
    setting.server.pass(minute);
    expect((await ada.browser.submit(question, 'Join')).heading).toBe('You’re in!');
  });
});

test('a clock that goes back between page and answer stops nobody: at the form, the question and the PIN', async () => {
  const ada = await setting.member('goes-back');
  const { url } = await guestlist.invite({ groups: ['choir'], maxUses: 9, pin: '471193' });
  const [atForm, atPin] = [anybody(), anybody()];
  const pinPage = await atPin.open(url);
  const passed = await atForm.submit(await atForm.open(url), 'Continue', { pin: '471193' });
  const form = await atForm.submit(passed, 'create');
  const landing = await ada.browser.submit(await ada.browser.open(url), 'Continue', { pin: '471193' });
  const question = await ada.browser.submit(landing, 'join');
  await at(-hour, async () => {
    expect((await register(atForm, form, { email: 'back-form@example.org' })).heading).toBe('You’re in!');
    expect((await ada.browser.submit(question, 'Join')).heading).toBe('You’re in!');
    const afterPin = await atPin.submit(pinPage, 'Continue', { pin: '471193' });
    expect(afterPin.heading).toContain('Kammerchor Nord');
    const done = await register(atPin, await atPin.submit(afterPin, 'create'), { email: 'back-pin@example.org' });
    expect(done.heading).toBe('You’re in!');
  });
});

test('a clock that goes back after the answer changes nothing', async () => {
  const ada = await setting.member('then-back');
  const { url, id } = await guestlist.invite({ groups: ['choir'], maxUses: 9 });
  await accept(ada, url);
  await at(-10 * minute, async () => {
    expect((await accept(ada, url, 'Continue')).heading).toContain('already');
    expect(await setting.usedCount(id)).toBe(1);
    expect(await guestlist.givenThrough(id)).toHaveLength(1);
    expect(await setting.groupsOf(ada.browser)).toEqual(['choir']);
  });
  expect(await setting.groupsOf(ada.browser)).toEqual(['choir']);
});

test('what was withdrawn, replaced or taken away stays so when the clock goes back (#44)', async () => {
  const ada = await setting.member('stays-out', { verified: true });
  const [revoked, given, out] = [
    await guestlist.invite({ groups: ['choir'], maxUses: 9 }),
    await guestlist.invite({ groups: ['choir'], maxUses: 9 }),
    await guestlist.invite({ groups: ['choir'], maxUses: 9 }),
  ];
  const addressed = await guestlist.invite({ groups: ['board'], email: ada.email });
  const firstMail = await mailedLink(setting.server.database, ada.email);
  await accept(ada, given.url);
  setting.server.pass(hour);
  await guestlist.revoke(revoked.id, 'operator');
  await guestlist.resend(addressed.id, 'operator');
  await guestlist.undo(given.id, 'operator');
  await at(-30 * minute, async () => {
    expect(refusalOn(await anybody().open(revoked.url))).toEqual(refused.revoked);
    expect(refusalOn(await anybody().open(firstMail))).toEqual({ status: 410, code: 'invitation_replaced' });
    expect(await setting.groupsOf(ada.browser)).toEqual([]);
    expect(refusalOn(await questionOf(ada, out.url))).toEqual(refused.removed);
    expect((await accept(ada, await mailedLink(setting.server.database, ada.email))).heading).toBe('You’re in!');
  });
});

test('a place that is kept for somebody who registers is free again after a quarter of an hour', async () => {
  const { url, token } = await guestlist.invite({ groups: ['choir'] });
  const kept = await setting.visit(token);
  const until = await guestlist.hold(kept);
  expect(until.getTime() - setting.server.now().getTime()).toBeGreaterThan(14.9 * minute * 1000);
  expect(refusalOn(await anybody().open(url))).toEqual(refused.usedUp);
  await expect(guestlist.hold(await setting.visit(token))).rejects.toMatchObject({ code: 'invitation_used_up' });
  await at(14 * minute, async () => expect(refusalOn(await anybody().open(url))).toEqual(refused.usedUp));
  await at(15 * minute, async () => {
    const other = await setting.visit(token);
    await guestlist.hold(other);
    await expect(guestlist.hold(kept)).rejects.toMatchObject({ code: 'invitation_used_up' });
  });
});

test('two hours after it was opened a browser holds no invitation any more; the link is as good as ever', async () => {
  const ada = await setting.member('slow');
  const { url, id } = await guestlist.invite({ groups: ['choir'] });
  const landing = await ada.browser.open(url);
  const browser = anybody();
  const form = await openAsNewcomer(browser, url);
  await at(2 * hour, async () => {
    expect((await ada.browser.open('/invite')).heading).toBe('Enter your invitation');
    expect((await ada.browser.submit(landing, 'join')).heading).toBe('Enter your invitation');
    const late = await register(browser, form, { email: 'slow-form@example.org' });
    expect(late.status).toBeGreaterThanOrEqual(400);
    expect(late.status).toBeLessThan(500);
    expect(await accountsOf('slow-form@example.org')).toBe(0);
    expect(await setting.usedCount(id)).toBe(0);
    const again = await openAsNewcomer(browser, url);
    expect((await register(browser, again, { email: 'slow-form@example.org' })).heading).toBe('You’re in!');
  });
});

test('an hour on the question: the sign-in is over, the invitation is not (#49)', async () => {
  const ada = await setting.member('ponders');
  const { url, id } = await guestlist.invite({ groups: ['choir'] });
  const question = await questionOf(ada, url);
  await at(hour + minute, async () => {
    const back = await ada.browser.submit(question, 'Join');
    expect(await setting.usedCount(id)).toBe(0);
    expect(back.heading).toContain('Kammerchor Nord');
    const done = await ada.browser.submit(await ada.browser.submit(back, 'join'), 'Join');
    expect(done.heading).toBe('You’re in!');
  });
});

test('however the clock went, the record is whole', async () => {
  const { break: broken, eventCount } = await guestlist.verifyAudit();
  expect(broken).toBeUndefined();
  expect(eventCount).toBeGreaterThan(30);
});

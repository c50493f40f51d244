/** Reminders of invitations that nobody answers: two at most, and none too many. What ends is told in `endings.test.ts`. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addSeconds } from '../../src/lib/clock.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { createSeal } from '../../src/lib/seal.ts';
import { deliverMail, MailRefused, type OutgoingMail } from '../../src/mail/deliver.ts';
import { markStopped } from '../../src/mail/stop-store.ts';
import { dropJobs, startJobs } from '../../src/server/jobs.ts';
import { createLog } from '../../src/server/log.ts';
import { createBrowser } from '../support/browser.ts';
import { count, findContradictions } from '../support/invariants.ts';
import { mailbox, mailedLink, testSecret } from '../support/mail.ts';
import { join } from '../support/people.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { makeOn } from '../plugin/making.ts';
import { createSetting, refusalOn, type Setting } from './setting.ts';

let setting: Setting;
let guestlist: Setting['guestlist'];

beforeAll(async () => {
  setting = await createSetting({ choir: 'Kammerchor Nord', board: 'Vorstand' });
  guestlist = setting.guestlist;
});
afterAll(() => setting?.server.close());
beforeEach(async () => {
  await setting.server.database.raw('delete from guestlist.throttle');
  // What earlier stories left behind is no business of this one.
  await guestlist.remind();
});

const database = () => setting.server.database;
const days = (number: number) => setting.server.pass(number * 24 * 60 * 60);
const hours = (number: number) => setting.server.pass(number * 60 * 60);
const remindersTo = async (email: string) => (await setting.mailsTo(email)).filter((kind) => kind === 'reminder').length;

async function invite(email: string, more: Partial<Parameters<Setting['guestlist']['invite']>[0]> = {}) {
  return guestlist.invite({ groups: ['choir'], email, expiresAt: setting.inDays(30), ...more });
}

async function newestLink(email: string, kind: string): Promise<string> {
  const [mail] = (await mailbox(database(), email)).filter((one) => one.kind === kind);
  return mail?.text.match(/http\S+\/invite\/[\w-]{22}$/m)?.[0] ?? '';
}

/** All that is due, as a mail server would get it; what it refuses is refused for good. */
async function deliver(refuses: (mail: OutgoingMail) => boolean = () => false): Promise<string[]> {
  const sent: string[] = [];
  const send = async (mail: OutgoingMail) => {
    if (refuses(mail)) throw new MailRefused('550 5.1.1', undefined);
    sent.push(`${mail.kind} ${mail.to}`);
  };
  const context = { clock: setting.server.now, issuer: setting.server.issuer, seal: createSeal(testSecret, secureRandom) };
  await deliverMail(database(), send, { ...context, onError: () => undefined });
  return sent;
}

describe('an invitation that nobody answers', () => {
  test('is reminded of three days later and a day before its end, and not once more', async () => {
    const email = 'quiet@example.org';
    await invite(email);
    const seen: string[] = [];
    for (let hour = 0; hour <= 31 * 24; hour += 6) {
      const before = await remindersTo(email);
      await guestlist.remind();
      if ((await remindersTo(email)) > before) seen.push(`hour ${hour}`);
      hours(6);
    }
    expect(seen).toEqual(['hour 72', 'hour 696']);
  });

  test('has a further link in each reminder: all of them work, and all die together', async () => {
    const email = 'further@example.org';
    const { id } = await invite(email);
    days(3);
    await guestlist.remind();
    const links = [await mailedLink(database(), email), await newestLink(email, 'reminder')];
    expect(new Set(links).size).toBe(2);
    for (const link of links) expect((await createBrowser(setting.server.issuer).open(link)).heading).toContain('Kammerchor Nord');
    await guestlist.resend(id, 'operator');
    for (const link of links)
      expect(refusalOn(await createBrowser(setting.server.issuer).open(link))).toEqual({ status: 410, code: 'invitation_replaced' });
    expect((await createBrowser(setting.server.issuer).open(await mailedLink(database(), email))).status).toBe(200);
  });

  test('is answered by the link in its reminder, which proves the mailbox', async () => {
    const email = 'answers@example.org';
    await invite(email);
    days(3);
    await guestlist.remind();
    const browser = createBrowser(setting.server.issuer);
    expect((await join(browser, await newestLink(email, 'reminder'), { email })).heading).toBe('You’re in!');
    expect(await count(database(), `account_email where email_key = '${email}' and verified_at is not null`)).toBe(1);
  });

  test('names the group in the subject, and whoever invites in the body alone', async () => {
    const email = 'worded@example.org';
    await invite(email, { inviterName: 'Your bank', message: 'Act now', locale: 'de' });
    days(3);
    await guestlist.remind();
    const [mail] = await mailbox(database(), email);
    expect(mail).toMatchObject({ kind: 'reminder', subject: 'Deine Einladung gilt noch: Kammerchor Nord' });
    expect(mail?.text).toMatch(/Your bank[\s\S]*Act now/);
    expect(mail?.unsubscribeUrl).toMatch(/\/invite\/stop\/[\w-]+\.[\w-]{43}$/);
    expect(mail?.text).toContain(mail?.unsubscribeUrl);
  });

  test('shows its reminders in its timeline', async () => {
    const { id } = await invite('timeline@example.org');
    days(3);
    await guestlist.remind();
    const told = (await guestlist.timeline(id)).filter(({ what }) => what === 'invitation.reminded');
    expect(told).toEqual([expect.objectContaining({ who: 'server', detail: { which: 'first' } })]);
  });
});

test('ten workers at once: one mail (41)', async () => {
  const emails = Array.from({ length: 5 }, (_, index) => `worker-${index}@example.org`);
  for (const email of emails) await invite(email);
  days(3);
  const rounds = await Promise.all(Array.from({ length: 10 }, () => guestlist.remind()));
  expect(rounds.reduce((sum, { reminded }) => sum + reminded, 0)).toBe(5);
  for (const email of emails) expect(await remindersTo(email)).toBe(1);
});

describe('nobody is reminded (J10) of', () => {
  const stories: Readonly<Record<string, (email: string) => Promise<unknown>>> = {
    'what was accepted': async (email) => {
      await invite(email, { maxUses: 3 });
      await join(createBrowser(setting.server.issuer), await mailedLink(database(), email), { email });
    },
    'what was declined': async (email) => {
      await invite(email);
      const browser = createBrowser(setting.server.issuer);
      await browser.submit(await browser.open(await mailedLink(database(), email)), 'Not for me');
    },
    'what was withdrawn': async (email) => guestlist.revoke((await invite(email)).id, 'operator'),
    'what ran out': async (email) => invite(email, { expiresAt: setting.inDays(2) }),
    'what waits for approval': async (email) => {
      await invite(email, { approval: true, maxUses: 2 });
      await join(createBrowser(setting.server.issuer), await mailedLink(database(), email), { email });
    },
    'what is not open yet': async (email) => invite(email, { startsAt: setting.inDays(10) }),
    'what was mailed to nobody': async (email) => invite(email, { channels: ['link'] }),
    'what its inviter wants no reminders of': async (email) => invite(email, { reminders: false }),
    'what a template wants no reminders of': async (email) => {
      await guestlist.addTemplate({ name: 'quiet', wish: { groups: ['choir'], reminders: false } });
      await guestlist.invite({ template: 'quiet', email });
    },
    'what whoever is invited has stopped': async (email) => {
      const { id } = await invite(email);
      await database().transaction((trx) => markStopped(trx, `invitation:${id}`, setting.server.now()));
    },
    'what its inviter may not give any more': async (email) => {
      const { accountId } = await setting.member(`giver-of-${email.split('@')[0]}`, { groups: ['choir:manager'] });
      await invite(email, { inviterId: accountId });
      await guestlist.withdraw(accountId, { groups: ['choir:manager'] });
    },
    'what nobody has confirmed': async (email) => {
      await guestlist.addGroup({ slug: 'safe', name: 'Safe', sensitive: true });
      await invite(email, { groups: ['safe'] });
    },
    'a group that was archived': async (email) => {
      await guestlist.addGroup({ slug: 'past', name: 'Past' });
      await invite(email, { groups: ['past'] });
      await guestlist.changeGroup('past', { archived: true });
    },
    'a group that is full': async (email) => {
      await guestlist.addGroup({ slug: 'tiny', name: 'Tiny', capacity: 1 });
      await guestlist.grant('somebody', { groups: ['tiny'] });
      await invite(email, { groups: ['tiny'] });
    },
    'what did not reach its mailbox': async (email) => {
      await invite(email);
      await deliver(({ to }) => to === email);
    },
    'what was mailed anew a moment ago': async (email) => {
      const { id } = await invite(email);
      days(2);
      await guestlist.resend(id, 'operator');
      days(-2);
    },
  };

  test.each(Object.entries(stories))('%s', async (title, story) => {
    const email = `${title.replaceAll(/\W/g, '-')}@example.org`;
    const control = `control-of-${email}`;
    await story(email);
    await invite(control);
    days(3);
    hours(1);
    await guestlist.remind();
    expect([await remindersTo(email), await remindersTo(control)]).toEqual([0, 1]);
  });
});

describe('a reminder that waits to be sent (J10)', () => {
  const changes: Readonly<Record<string, (id: string, email: string) => Promise<unknown>>> = {
    'when the invitation was withdrawn': (id) => guestlist.revoke(id, 'operator'),
    'when it was accepted': async (_, email) => join(createBrowser(setting.server.issuer), await newestLink(email, 'reminder'), { email }),
    'when it was declined': async (_, email) => {
      const browser = createBrowser(setting.server.issuer);
      await browser.submit(await browser.open(await newestLink(email, 'reminder')), 'Not for me');
    },
    'when reminders were stopped': (id) => database().transaction((trx) => markStopped(trx, `invitation:${id}`, setting.server.now())),
    'when it ran out': (id) => guestlist.change(id, { expiresAt: addSeconds(setting.server.now(), 1) }, 'operator').then(() => hours(1)),
    'when it was mailed anew': (id) => guestlist.resend(id, 'operator'),
  };

  test.each(Object.entries(changes))('is not sent %s', async (title, change) => {
    const email = `${title.replaceAll(/\W/g, '-')}@example.org`;
    const { id } = await invite(email, { maxUses: 3 });
    await deliver();
    days(3);
    await guestlist.remind();
    expect(await remindersTo(email)).toBe(1);
    await change(id, email);
    const sent = (await deliver()).filter((line) => line.endsWith(` ${email}`));
    expect(sent).not.toContain(`reminder ${email}`);
    expect(
      await count(database(), `mail where kind = 'reminder' and to_address = '${email}' and cancelled_at is not null and sealed is null`),
    ).toBe(1);
  });

  test('is sent when nothing of this happened', async () => {
    await invite('patient@example.org');
    await deliver();
    days(3);
    await guestlist.remind();
    expect(await deliver()).toContain('reminder patient@example.org');
  });
});

test('mail that could not be sent for days brings no reminder along', async () => {
  const email = 'outage@example.org';
  await invite(email);
  days(3);
  await guestlist.remind();
  hours(1);
  const sent = (await deliver()).filter((line) => line.endsWith(` ${email}`));
  expect(sent[0]).toBe(`invited ${email}`);
  expect(sent).toHaveLength(1);
});

test('a reminder that came back is the last one', async () => {
  const email = 'came-back@example.org';
  await invite(email, { expiresAt: setting.inDays(10) });
  await deliver();
  days(3);
  await guestlist.remind();
  await deliver(({ to }) => to === email);
  days(6);
  hours(1);
  await guestlist.remind();
  expect(await remindersTo(email)).toBe(1);
});

test('more than one batch is reminded of in one round', async () => {
  const own: TestServer = await startTestServer();
  await own.addGroup('choir');
  for (let number = 0; number < 105; number += 1) await own.guestlist.invite({ groups: ['choir'], email: `guest-${number}@example.org` });
  own.pass(3 * 24 * 60 * 60);
  expect(await own.guestlist.remind()).toEqual({ reminded: 105 });
  await own.close();
});

test('a server reminds by itself, also where nothing sends mail', async () => {
  const email = 'by-itself@example.org';
  await invite(email);
  days(3);
  const { connection, now } = setting.server;
  const { remind } = guestlist;
  const jobs = await startJobs({ connection, database: database(), clock: now, log: createLog('silent'), remind });
  await database().raw(`select guestlist_jobs.add_job('remind')`);
  await expect.poll(() => remindersTo(email), { timeout: 10_000 }).toBe(1);
  const { rows } = await database().raw('select identifier from guestlist_jobs._private_known_crontabs order by 1');
  expect(rows).toEqual([{ identifier: 'remind' }, { identifier: 'sweep' }]);
  await jobs.stop();
  await dropJobs(database());
});

test('a host without a secret is told that reminding needs one', async () => {
  await expect(makeOn(database()).remind()).rejects.toThrow(/^secret: /);
});

test('and nothing of it contradicts itself', async () => {
  expect(await findContradictions(database())).toEqual([]);
});

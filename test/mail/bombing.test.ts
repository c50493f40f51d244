/** Many senders, one mailbox: whoever is to be buried in mail gets three of them, and those who sent the rest are told (J8). */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { count } from '../support/invariants.ts';
import { createSetting, type Setting } from '../journeys/setting.ts';
import { type MailServer, parse, startMailServer } from './mail-server.ts';
import { lookForDueMail, type Posting, startPosting } from './posting.ts';

let setting: Setting;
let mailServer: MailServer;
let postings: Posting[];

beforeEach(async () => {
  setting = await createSetting({ choir: 'Kammerchor Nord' });
  await setting.server.database.raw('truncate guestlist.mail');
  mailServer = await startMailServer();
  postings = [];
  for (let index = 0; index < 2; index += 1) postings.push(await startPosting(setting.server, mailServer.url));
});
afterEach(async () => {
  for (const posting of postings) await posting.stop();
  await mailServer?.close();
  await setting?.server.close();
});

const waiting = () => count(setting.server.database, 'mail where sent_at is null and cancelled_at is null and failed_at is null');
const untilDone = () => expect.poll(waiting, { timeout: 60_000, interval: 100 }).toBe(0);
/** As the mail server was told to deliver them. */
const arrivedAt = (name: RegExp) => mailServer.arrived.filter(({ recipients }) => recipients.some((to) => name.test(to)));
const victims = /^v\.?i\.?c\.?tim(\+\w+)?@example\.org$/i;

/** Four ways of writing one mailbox, with tags without end. */
function spelling(number: number): string {
  const names = ['victim', 'VICTIM', 'v.i.ctim', 'Vic.tim'];
  return `${names[number % names.length]}${number % 3 === 0 ? '' : `+t${number}`}@${number % 2 === 0 ? 'example.org' : 'EXAMPLE.org'}`;
}

/** Managers of the choir, whose own addresses are proven. */
async function inviters(howMany: number): Promise<string[]> {
  const { server, guestlist } = setting;
  const ids = await setting.crowd(howMany);
  for (const id of ids) await guestlist.grant(id, { groups: ['choir:manager'] });
  await server.database.raw('update guestlist.account_email set verified_at = created_at');
  await untilDone();
  mailServer.arrived.length = 0;
  return ids;
}

test('twenty senders, ten tries each, at one mailbox however it is spelled: three mails, and each sender knows which', async () => {
  const { guestlist, server } = setting;
  const senders = await inviters(20);
  const attempts = senders.flatMap((inviterId) => Array.from({ length: 10 }, () => inviterId));
  const made = await Promise.all(
    attempts.map(async (inviterId, index) => ({
      inviterId,
      ...(await guestlist.invite({ groups: ['choir'], email: spelling(index), inviterId })),
    })),
  );
  expect(made).toHaveLength(200);
  await untilDone();
  expect(arrivedAt(victims)).toHaveLength(3);

  const notMailed: string[] = [];
  for (const { id } of made) {
    expect((await guestlist.find(id))?.state).toBe('open');
    const told = (await guestlist.timeline(id)).filter(({ what }) => what === 'mail.failed' || what === 'mail.sent');
    const [{ what, detail } = { what: 'nothing', detail: {} }] = told.filter((entry) => entry.detail['kind'] === 'invited');
    expect(['mail.sent', 'mail.failed']).toContain(what);
    if (what !== 'mail.failed') continue;
    expect(detail).toMatchObject({ kind: 'invited', answer: 'recipient_budget' });
    notMailed.push(id);
  }
  expect(notMailed).toHaveLength(197);
  // One mail to the inviter for each, which names the address as it was typed.
  const news = await Promise.all(arrivedAt(/^(?!v)/i).map(parse));
  const named = news.map(({ text = '' }) => text.replace(/[\u2060\u2068\u2069]/g, '').match(/delivered to (\S+@example\.org)/i)?.[1]);
  expect(named.sort()).toEqual(
    attempts
      .map((_, index) => spelling(index))
      .filter((_, index) => notMailed.includes(made[index]?.id ?? ''))
      .sort(),
  );
  expect(await count(server.database, `mail where sealed is not null`)).toBe(0);
  expect(postings.flatMap((posting) => posting.tried()).filter(({ answer }) => answer === 'recipient_budget')).toHaveLength(197);
  expect(postings.map(({ log }) => log.join('\n')).join('\n')).not.toMatch(/victim/i);

  await guestlist.invite({ groups: ['choir'], email: 'bystander@example.org', inviterId: senders[0] ?? '' });
  await untilDone();
  expect(arrivedAt(/^bystander@/)).toHaveLength(1);

  server.pass(24 * 60 * 60);
  await Promise.all(senders.slice(0, 5).map((inviterId) => guestlist.invite({ groups: ['choir'], email: spelling(7), inviterId })));
  await lookForDueMail(server);
  await untilDone();
  expect(arrivedAt(victims)).toHaveLength(6);
}, 120_000);

test('making, sending again and withdrawing in a loop comes to three mails as well', async () => {
  const { guestlist } = setting;
  const [inviterId = ''] = await inviters(1);
  for (let round = 0; round < 6; round += 1) {
    const { id } = await guestlist.invite({ groups: ['choir'], email: spelling(round), inviterId });
    if (round % 2 === 0) await untilDone();
    await guestlist.resend(id, inviterId);
    if (round % 3 === 0) await untilDone();
    await guestlist.revoke(id, inviterId);
  }
  await untilDone();
  expect(arrivedAt(victims).length).toBe(3);
});

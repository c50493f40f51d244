/** The whole way from the queue to a mail server: who is named as recipient, and which headers arrive. */
import type { AddressInfo } from 'node:net';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { emailKey, emailSchema } from '../../src/lib/email.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { deliverMail, type SendMail } from '../../src/mail/deliver.ts';
import { queueMail } from '../../src/mail/outbox.ts';
import { smtp } from '../../src/mail/smtp.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { issuer, now, seal } from './making.ts';

type Received = { readonly recipients: string[]; readonly raw: string };

let own: TestDatabase;
let server: SMTPServer;
let send: SendMail;
let url: string;
let received: Received[];
const mail = { kind: 'joined', to: 'ada@example.org', subject: 'Welcome', text: 'In words', html: '<p>In <b>colour</b></p>' };

beforeAll(async () => {
  own = await createTestDatabase();
  server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => void chunks.push(chunk));
      stream.on('end', () => {
        received.push({ recipients: session.envelope.rcptTo.map(({ address }) => address), raw: Buffer.concat(chunks).toString('utf8') });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  send = smtp({ url, from: 'Choir <choir@example.org>' });
});
beforeEach(() => {
  received = [];
});
afterAll(async () => {
  await new Promise<void>((resolve) => server.close(() => resolve()));
  await own?.drop();
});

const headersOf = ({ raw }: Received) => (raw.split('\r\n\r\n')[0] ?? '').replace(/\r\n[ \t]+/g, ' ').split('\r\n');
const deliver = async (errors: unknown[] = []) =>
  deliverMail(own.database, send, { clock: () => now, onError: (error) => errors.push(error), issuer, seal });

test('a mail has both forms, one recipient, and the id of its row', async () => {
  await queueMail(own.database, mail, { now, random: secureRandom });
  expect(await deliver()).toEqual({ sent: 1, failed: 0 });
  const { id } = await own.database('guestlist.mail').first('id');
  expect(received.map(({ recipients }) => recipients)).toEqual([['ada@example.org']]);
  const parsed = await PostalMime.parse(received[0]?.raw ?? '');
  expect(parsed).toMatchObject({
    subject: 'Welcome',
    from: { address: 'choir@example.org', name: 'Choir' },
    messageId: `<${id}@op.example.org>`,
  });
  expect(parsed.to).toEqual([{ address: 'ada@example.org', name: '' }]);
  expect([parsed.text?.trim(), parsed.html?.trim()]).toEqual([mail.text, mail.html]);
});

test.each([
  'Choir\r\nBcc: eve@example.org',
  'Choir\nBcc: eve@example.org\n\n<p>hello</p>',
  'Choir\u0085Bcc: eve@example.org',
  'Choir\u2028Bcc: eve@example.org',
  'Choir\0Bcc: eve@example.org',
  '\u202Eriohc\u2066 ünïcode =?utf-8?q?=0D=0ABcc:=20eve@example.org?=',
  'long '.repeat(400),
])('the subject %j adds no header and no recipient', async (subject) => {
  await queueMail(own.database, mail, { now, random: secureRandom });
  await queueMail(own.database, { ...mail, subject }, { now, random: secureRandom });
  expect(await deliver()).toEqual({ sent: 2, failed: 0 });
  const [plain, hostile] = received.map((one) => headersOf(one).map((line) => line.split(':')[0]));
  expect(hostile).toEqual(plain);
  expect(received.map(({ recipients }) => recipients)).toEqual([['ada@example.org'], ['ada@example.org']]);
  expect(received[1]?.raw).not.toMatch(/=0D|=0A|%0D|%0A/i);
});

test('says that a machine wrote it, when, and nothing of the program (RFC 3834)', async () => {
  await send({ ...mail, messageId: '<1@op.example.org>' });
  const headers = headersOf(received[0] ?? { recipients: [], raw: '' });
  const named = (name: string) => headers.filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`));
  expect(named('Auto-Submitted')).toEqual(['Auto-Submitted: auto-generated']);
  expect(named('X-Auto-Response-Suppress')).toEqual(['X-Auto-Response-Suppress: All']);
  expect(Number.isNaN(Date.parse(named('Date')[0]?.slice(5) ?? ''))).toBe(false);
  for (const name of ['Reply-To', 'Bcc', 'Cc', 'X-Mailer', 'List-Unsubscribe', 'List-Unsubscribe-Post', 'Sender']) {
    expect(named(name), name).toEqual([]);
  }
  for (const name of ['From', 'To', 'Subject', 'Message-ID', 'Date', 'MIME-Version']) expect(named(name), name).toHaveLength(1);
});

test.each([false, true])('can be stopped with one click where it says how (RFC 8058); sealed: %s', async (secret) => {
  const unsubscribeUrl = `https://op.example.org/oidc/mail/stop/${'x'.repeat(100)}`;
  await queueMail(own.database, { ...mail, unsubscribeUrl, secret }, { now, random: secureRandom, seal });
  const rows = JSON.stringify(await own.database('guestlist.mail').whereNull('sent_at'));
  expect(rows.includes('mail/stop')).toBe(!secret);
  expect(await deliver()).toEqual({ sent: 1, failed: 0 });
  const { headers } = await PostalMime.parse(received[0]?.raw ?? '');
  const valuesOf = (name: string) => headers.filter(({ key }) => key === name).map(({ value }) => value);
  expect(valuesOf('list-unsubscribe')).toEqual([`<${unsubscribeUrl}>`]);
  expect(valuesOf('list-unsubscribe-post')).toEqual(['List-Unsubscribe=One-Click']);
});

test.each([
  'mailto:a@example.org',
  'https://op.example.org/\r\nBcc: eve@example.org',
  'https://op.example.org/> <https://evil.example',
  'x',
  '',
])('an address to stop it at is a web address: %j is not', async (unsubscribeUrl) => {
  await expect(queueMail(own.database, { ...mail, unsubscribeUrl }, { now, random: secureRandom })).rejects.toThrow(TypeError);
});

test.each([
  ['choir@example.org', { address: 'choir@example.org', name: '' }],
  ['Choir <choir@example.org>', { address: 'choir@example.org', name: 'Choir' }],
  ['"Choir, North: eve@example.org" <choir@example.org>', { address: 'choir@example.org', name: 'Choir, North: eve@example.org' }],
  ['Kammerchor Süd <chor@bücher.example>', { address: 'chor@bücher.example', name: 'Kammerchor Süd' }],
])('comes from the one address of the setting: %s', async (from, expected) => {
  await smtp({ url, from })({ ...mail, messageId: '<1@op.example.org>' });
  const parsed = await PostalMime.parse(received[0]?.raw ?? '');
  expect({ ...parsed.from, address: emailKey(parsed.from?.address ?? '') }).toEqual({ ...expected, address: emailKey(expected.address) });
});

test.each([
  '',
  'Choir',
  'a@example.org, b@example.org',
  'Choir <a@example.org>, b@example.org',
  'Choir\r\nBcc: x <a@example.org>',
  '<a@b> <c@d>',
])('%j is not one address to come from', (from) => {
  expect(() => smtp({ url, from })).toThrow(/^from: /);
});

test.each([
  'victim@example.org, evil@evil.example',
  'victim@example.org\r\nRCPT TO:<evil@evil.example>',
  'victim\0@evil.example',
  'justname',
  '',
])('%j reaches nobody, even if it stands in the table', async (address) => {
  await expect(send({ ...mail, to: address, messageId: '<1@example.org>' })).rejects.toThrow(TypeError);
  expect(received).toEqual([]);
});

test.each([
  'Ada.Park+choir@mail.example.co.uk',
  "o'neill@example.org",
  "#$&'*+/?=^_`{|}~-@example.org",
  '1@2.example',
  'a@xn--mnchen-3ya.de',
  'ada@bücher.example',
  'Grüße@bücher.example',
  'пётр@пример.рф',
  '用户@例子.公司',
  `${'a'.repeat(64)}@example.org`,
])('an address that people may have goes to itself: %s (D11)', async (typed) => {
  const address = emailSchema.parse(typed);
  await send({ ...mail, to: address, messageId: '<1@example.org>' });
  expect(received).toHaveLength(1);
  expect(received[0]?.recipients.map((one) => emailKey(one))).toEqual([emailKey(address)]);
});

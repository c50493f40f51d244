/** Mail that a host sends by a function of its own, or by SMTP. */
import type { AddressInfo } from 'node:net';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GuestlistOptions, MailRefused, type SendMail, smtp } from '../../src/index.ts';
import { addSeconds, systemClock } from '../../src/lib/clock.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { count } from '../support/invariants.ts';
import { asAccount, makeOn, visitTo } from './making.ts';

let own: TestDatabase;
const make = (more: Partial<GuestlistOptions> = {}) => makeOn(own.database, more);

beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own?.drop());

test('mail goes out by the host’s function; what fails waits, and is tried again', async () => {
  const sent: string[] = [];
  let broken = true;
  let offsetSeconds = 0;
  const send: SendMail = async ({ to }) => {
    if (broken) throw new Error('the mail server is away');
    sent.push(to);
  };
  await own.database.raw('delete from guestlist.mail');
  const errors: unknown[] = [];
  const guestlist = make({ send, clock: () => addSeconds(systemClock(), offsetSeconds), onError: (error) => errors.push(error) });
  await guestlist.addGroup({ slug: 'mailed', name: 'Mailed' });
  const { token } = await guestlist.invite({ groups: ['mailed'] });
  await guestlist.redeem(await visitTo(own.database, token), asAccount('mailed-1'));
  // Postponed, and not only being tried: when it is tried again counts from then.
  await expect.poll(() => count(own.database, 'mail where attempts = 1 and next_attempt_at is not null')).toBe(1);
  expect(errors).toEqual([new Error('the mail server is away')]);
  broken = false;
  expect(await guestlist.deliverMail()).toEqual({ sent: 0, failed: 0 });
  offsetSeconds = 61;
  expect(await guestlist.deliverMail()).toEqual({ sent: 1, failed: 0 });
  expect(await guestlist.deliverMail()).toEqual({ sent: 0, failed: 0 });
  expect(sent).toEqual(['mailed-1@example.org']);
});

test('an inviter is told of an address that refuses, in somebody else’s provider as well', async () => {
  const other = await createTestDatabase();
  const sent: string[] = [];
  const send: SendMail = async ({ to, kind }) => {
    if (to === 'gone@example.org') throw new MailRefused('550 5.1.1', undefined);
    sent.push(`${kind} ${to}`);
  };
  const guestlist = makeOn(other.database, { send, secret: 'a secret of the host, 32 characters or more', mayInvite: () => true });
  await guestlist.addGroup({ slug: 'refused', name: 'Refused' });
  await guestlist.invite({ groups: ['refused'], email: 'gone@example.org', inviterId: 'maya' });
  await expect.poll(() => count(other.database, 'mail where failed_at is not null')).toBe(1);
  await guestlist.deliverMail();
  await expect.poll(() => sent).toEqual(['notice maya@example.org']);
  await other.drop();
});

test('five processes deliver at once: each mail goes out once', async () => {
  await own.database.raw('delete from guestlist.mail');
  await own.database.raw(`insert into guestlist.mail (id, kind, to_address, subject, body_text, body_html, queued_at)
    select 'm' || n, 'joined', n || '@example.org', 's', 't', 'h', now() - interval '1 minute' from generate_series(1, 30) n`);
  const sent: string[] = [];
  const send: SendMail = async ({ to }) => void sent.push(to);
  const counts = await Promise.all(Array.from({ length: 5 }, () => make({ send }).deliverMail()));
  expect(counts.reduce((sum, one) => sum + one.sent, 0)).toBe(30);
  expect(new Set(sent).size).toBe(30);
  expect(sent).toHaveLength(30);
});

test('smtp sends a mail in both forms, to one address', async () => {
  const received: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, session, done) => {
      let text = '';
      stream.on('data', (chunk) => {
        text += chunk;
      });
      stream.on('end', () => {
        received.push(`${session.envelope.rcptTo.map(({ address }) => address).join()}\n${text}`);
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  const send = smtp({ url: `smtp://127.0.0.1:${port}`, from: 'Choir <choir@example.org>' });
  await send({
    kind: 'joined',
    to: 'ada@example.org',
    subject: 'Welcome',
    text: 'In words',
    html: '<p>In <b>colour</b></p>',
    messageId: '<1@op.example.org>',
  });
  await new Promise<void>((resolve) => server.close(() => resolve()));
  const [recipient = '', ...lines] = (received[0] ?? '').split('\n');
  const mail = await PostalMime.parse(lines.join('\n'));
  expect(recipient).toBe('ada@example.org');
  expect({
    subject: mail.subject,
    text: mail.text?.trim(),
    html: mail.html?.trim(),
    from: mail.from?.address,
    messageId: mail.messageId,
  }).toEqual({
    subject: 'Welcome',
    text: 'In words',
    html: '<p>In <b>colour</b></p>',
    from: 'choir@example.org',
    messageId: '<1@op.example.org>',
  });
});

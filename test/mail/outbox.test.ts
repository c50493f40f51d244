import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addSeconds } from '../../src/lib/clock.ts';
import { inTransaction } from '../../src/lib/db.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { createSeal, SealBroken } from '../../src/lib/seal.ts';
import { cancelMails, findMail, listMail, type NewMail, queueMail } from '../../src/mail/outbox.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { count } from '../support/invariants.ts';
import { addInvitation, everyRow, now, seal, spellings } from './making.ts';

let own: TestDatabase;

beforeAll(async () => {
  own = await createTestDatabase();
});
beforeEach(() => own.database.raw('truncate guestlist.mail'));
afterAll(() => own?.drop());

const mail: NewMail = { kind: 'joined', to: 'ada@example.org', subject: 'Welcome', text: 'In words', html: '<p>In colour</p>' };
const secret = 'sesame-4711-open';
const secretMail: NewMail = { ...mail, kind: 'code', text: `Say ${secret}`, html: `<p>${secret}</p>`, secret: true };
const tools = { now, random: secureRandom };

describe('a mail with a secret', () => {
  test('rests sealed, and a seal opens it', async () => {
    await queueMail(own.database, secretMail, { ...tools, seal });
    const rows = await everyRow(own.database);
    expect(rows).toContain('ada@example.org');
    for (const spelling of spellings(secret)) expect(rows).not.toContain(spelling);
    const [listed] = await listMail(own.database, 10, seal);
    expect(listed).toEqual({
      id: expect.any(String),
      kind: 'code',
      to: 'ada@example.org',
      subject: 'Welcome',
      text: `Say ${secret}`,
      html: `<p>${secret}</p>`,
      queuedAt: now,
    });
    expect(await findMail(own.database, listed?.id ?? '', seal)).toEqual(listed);
  });

  test('is only a subject to whoever has no seal', async () => {
    await queueMail(own.database, secretMail, { ...tools, seal });
    const [listed] = await listMail(own.database, 10);
    expect(listed).toMatchObject({ subject: 'Welcome', text: '', html: '' });
    expect(await findMail(own.database, listed?.id ?? '')).toMatchObject({ subject: 'Welcome', text: '', html: '' });
  });

  test('does not open with another secret, nor in the row of another mail', async () => {
    await queueMail(own.database, secretMail, { ...tools, seal });
    await expect(listMail(own.database, 10, createSeal('another secret of 32 characters', secureRandom))).rejects.toThrow(SealBroken);
    await queueMail(own.database, secretMail, { ...tools, seal });
    await own.database.raw(`update guestlist.mail m set sealed = other.sealed from guestlist.mail other where other.id <> m.id`);
    await expect(listMail(own.database, 10, seal)).rejects.toThrow(SealBroken);
  });

  test('is not queued without a seal, and the error names the option', async () => {
    await expect(queueMail(own.database, secretMail, tools)).rejects.toThrow(
      new TypeError('secret: a mail that carries a token or a code needs this option'),
    );
    expect(await count(own.database, 'mail')).toBe(0);
  });
});

test('a mail without a secret can be read by anybody who may read the table', async () => {
  await queueMail(own.database, mail, tools);
  expect(await listMail(own.database, 10)).toMatchObject([mail]);
  expect(await findMail(own.database, 'nothing')).toBeUndefined();
});

describe('cancelling', () => {
  const cancel = (invitationId: string, kinds: string[]) =>
    inTransaction(own.database, (trx) => cancelMails(trx, { invitationId, kinds, now: addSeconds(now, 60) }));

  test('takes what was not sent, of these kinds and this invitation, and what was sealed in it', async () => {
    const [one, other] = [await addInvitation(own.database), await addInvitation(own.database)];
    for (const kind of ['invited', 'code', 'joined']) {
      await queueMail(own.database, { ...secretMail, kind }, { ...tools, seal, invitationId: one.id });
      await queueMail(own.database, { ...secretMail, kind }, { ...tools, seal, invitationId: other.id });
    }
    expect(await cancel(one.id, ['invited', 'code'])).toBe(2);
    expect(await cancel(one.id, ['invited', 'code'])).toBe(0);
    const rows = await own.database('guestlist.mail').where({ sealed: null }).orderBy('kind');
    expect(rows.map(({ kind, invitation_id, cancelled_at }) => ({ kind, invitation_id, cancelled_at }))).toEqual([
      { kind: 'code', invitation_id: one.id, cancelled_at: addSeconds(now, 60) },
      { kind: 'invited', invitation_id: one.id, cancelled_at: addSeconds(now, 60) },
    ]);
    expect(await count(own.database, 'mail where cancelled_at is not null')).toBe(2);
  });

  test('leaves what was sent as it is', async () => {
    const { id } = await addInvitation(own.database);
    await queueMail(own.database, { ...mail, kind: 'invited' }, { ...tools, invitationId: id });
    await own.database.raw('update guestlist.mail set sent_at = queued_at');
    expect(await cancel(id, ['invited'])).toBe(0);
    expect(await cancel(id, [])).toBe(0);
  });
});

describe('whatever names and addresses hold', () => {
  const hostile = [
    '\r',
    '\n',
    '\r\n',
    '\u0085',
    '\u2028',
    '\u2029',
    '\0',
    '\u0007',
    '\u202E',
    '\u2066',
    '\u200B',
    '\uD800',
    ',',
    ';',
    ' ',
    '@',
  ];
  const words = fc.string({
    unit: fc.oneof(fc.constantFrom(...hostile, 'Bcc:', 'a', 'é', '👩‍👧', 'x@y.example'), fc.string({ unit: 'binary', maxLength: 1 })),
    maxLength: 200,
  });
  const subjectOf = async (subject: string) => {
    await own.database.raw('truncate guestlist.mail');
    await queueMail(own.database, { ...mail, subject }, tools);
    return (await listMail(own.database, 1))[0]?.subject ?? '';
  };

  test('a subject is one short line that turns nothing around', async () => {
    await fc.assert(
      fc.asyncProperty(words, async (text) => {
        const subject = await subjectOf(text);
        expect(subject).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u200B\u202A-\u202E\u2066-\u2069]/u);
        expect([...subject].length).toBeLessThanOrEqual(120);
        expect(subject).toBe(subject.trim());
      }),
      { numRuns: 150 },
    );
  });

  test('a subject keeps what it has to say', async () => {
    expect(await subjectOf('You’ve joined \u2068Kammerchor\r\nBcc: eve@example.org\u2069 👩‍👧')).toBe(
      'You’ve joined Kammerchor Bcc: eve@example.org 👩‍👧',
    );
    expect(await subjectOf('é'.repeat(500))).toBe('é'.repeat(120));
  });

  test.each([
    'ada@example.org, eve@example.org',
    'ada@example.org,eve@example.org',
    'g: ada@example.org, eve@example.org;',
    'ada@example.org; eve@example.org',
    'ada@example.org\r\nBcc: eve@example.org',
    'ada@example.org\neve@example.org',
    'ada\0@example.org',
    'ada@example.org\u0085eve',
    'ada@example.org\u2028eve',
    'ada @example.org',
    'Ada <ada@example.org>',
    '"ada"@example.org',
    'ada(eve)@example.org',
    'a@b@example.org',
    'ada@[127.0.0.1]',
    'ada',
    '',
    'ada@',
    `${'a'.repeat(250)}@example.org`,
  ])('%j gets no mail: it is not one plain address', async (address) => {
    await expect(queueMail(own.database, { ...mail, to: address }, tools)).rejects.toThrow(
      new TypeError('a mail goes to one plain address'),
    );
    expect(await count(own.database, 'mail')).toBe(0);
  });

  test('no address that is let through holds more than one', async () => {
    await fc.assert(
      fc.asyncProperty(words, words, async (local, domain) => {
        const address = `${local}@${domain}`;
        await own.database.raw('truncate guestlist.mail');
        const refused = await queueMail(own.database, { ...mail, to: address }, tools).then(
          () => false,
          (error) => error instanceof TypeError,
        );
        if (refused) return;
        expect(address).toMatch(/^[^\s\p{C},;:<>()[\]"\\@]+@[^\s\p{C},;:<>()[\]"\\@]+$/u);
        expect((await listMail(own.database, 1))[0]?.to).toBe(address);
      }),
      { numRuns: 150 },
    );
  });
});

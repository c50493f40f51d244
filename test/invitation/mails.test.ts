/** Which mail says what, with the templates that people get. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Invitation } from '../../src/invitation/invitation.ts';
import { type MailHost, queueInvited, queueJoined, queueNotice, tellInviter } from '../../src/invitation/mails.ts';
import type { NoticeMail } from '../../src/invitation/pages.ts';
import { mintToken, toCode } from '../../src/invitation/token.ts';
import { addSeconds } from '../../src/lib/clock.ts';
import { inTransaction, type Transaction } from '../../src/lib/db.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { listMail, type QueuedMail } from '../../src/mail/outbox.ts';
import { addInvitation, everyRow, mailHost as host, now, seal, spellings, to } from '../mail/making.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { count } from '../support/invariants.ts';

let own: TestDatabase;

beforeAll(async () => {
  own = await createTestDatabase();
});
beforeEach(() => own.database.raw('truncate guestlist.mail'));
afterAll(() => own?.drop());

const inside = <Result>(work: (trx: Transaction) => Promise<Result>) => inTransaction(own.database, work);
const invitationWith = (more: Partial<Invitation> = {}) => addInvitation(own.database, more);
const mails = () => listMail(own.database, 10, seal);
const bodies = ({ text, html }: QueuedMail) => [text, html];
/** Word joiners keep mail programs from making links. */
const plain = (text: string) => text.replaceAll('\u2060', '').replace(/[\u2068\u2069]/g, '');

async function theMail(): Promise<QueuedMail> {
  const [mail, ...more] = await mails();
  if (!mail || more.length > 0) throw new Error(`${mail ? 1 + more.length : 0} mails`);
  return mail;
}

describe('the mail to an invitee', () => {
  const addressed = (more: Partial<Invitation> = {}) => invitationWith({ addressee: to('ada@example.org'), ...more });
  const invite = async (invitation: Invitation, theHost: MailHost = host) => {
    const token = mintToken(secureRandom);
    await inside((trx) => queueInvited(theHost, trx, { invitation, token, now }));
    return token;
  };

  test('holds the link and the code, and both rest nowhere in clear', async () => {
    const invitation = await addressed();
    const token = await invite(invitation);
    const mail = await theMail();
    expect(mail).toMatchObject({ kind: 'invited', to: 'ada@example.org' });
    for (const body of bodies(mail)) {
      expect(body).toContain(`https://op.example.org/oidc/invite/${token}`);
      expect(body).toContain(toCode(token));
      expect(plain(body)).toContain('Maya Lind');
      expect(plain(body)).toContain('Come and sing with us.');
      expect(plain(body)).toContain('Kammerchor Nord');
    }
    const rows = await everyRow(own.database);
    for (const secret of [token, toCode(token), toCode(token).replaceAll('-', '')]) {
      for (const spelling of spellings(secret)) expect(rows).not.toContain(spelling);
    }
    expect(await count(own.database, `mail where invitation_id = '${invitation.id}'`)).toBe(1);
  });

  test.each([
    'URGENT: your account was charged 499.00, call +1 800 555 0100',
    'security@bank.example',
    'x\r\nBcc: eve@example.org\r\n\r\nhello',
    '\u202Emoc.lave\u2028',
    'https://evil.example/claim-your-prize',
  ])('says nothing of what its inviter wrote in its subject: %j (J7)', async (lure) => {
    await invite(await addressed({ inviterName: 'Maya Lind', message: 'Hello' }));
    const { subject } = await theMail();
    await own.database.raw('truncate guestlist.mail');
    await invite(await addressed({ inviterName: lure, message: lure, label: lure }));
    expect((await theMail()).subject).toBe(subject);
    expect(subject).toContain('Kammerchor Nord');
  });

  test('has the language of its invitation', async () => {
    await invite(await addressed({ locale: 'de' }));
    expect((await theMail()).html).toContain('lang="de"');
  });

  test('says when an invitation opens', async () => {
    await invite(await addressed({ startsAt: addSeconds(now, 3600) }));
    expect((await theMail()).text).toContain('11:00 UTC');
  });

  test('is none without an addressee, and none without the operator’s secret', async () => {
    const toAnybody = await invitationWith();
    await expect(invite(toAnybody)).rejects.toMatchObject({ code: 'no_addressee' });
    await expect(invite(await addressed(), { ...host, seal: undefined })).rejects.toThrow(/^secret:/);
    expect(await count(own.database, 'mail')).toBe(0);
  });
});

describe('the mail to somebody who joined', () => {
  const join = (accountId: string, invitation: Invitation) =>
    inside((trx) =>
      queueJoined(host, trx, { accountId, invitation, newGrants: invitation.grants, accountCreated: true, locale: 'en', now }),
    );

  test('says what they have now, and holds no secret', async () => {
    await join('maya', await invitationWith({ inviterName: 'Noor' }));
    const mail = await theMail();
    expect(mail).toMatchObject({ kind: 'joined', to: 'maya@example.org', subject: 'You’ve joined Kammerchor Nord' });
    for (const body of bodies(mail))
      for (const word of ['Maya Lind', 'Noor', 'Kammerchor Nord', host.home]) expect(plain(body)).toContain(word);
    expect(await count(own.database, 'mail where sealed is null')).toBe(1);
  });

  test.each(['without-address', 'two-addresses', 'nobody'])('is none for a person %s', async (accountId) => {
    await join(accountId, await invitationWith());
    expect(await mails()).toEqual([]);
  });
});

describe('a notice', () => {
  const forInviters: readonly NoticeMail['notice'][] = ['approval_wanted', 'link_wanted', 'mail_failed', 'pin_locked', 'pin_revoked'];
  const forPeople: readonly NoticeMail['notice'][] = ['approval_rejected', 'has_account'];

  test.each(forInviters)('tells the inviter of %s, by the label that they gave', async (notice) => {
    const invitation = await invitationWith();
    await inside((trx) => tellInviter(host, trx, { invitation, notice, name: 'Ada Park', now }));
    const mail = await theMail();
    expect(mail).toMatchObject({ kind: 'notice', to: 'maya@example.org' });
    for (const body of bodies(mail)) for (const word of ['Kammerchor Nord', 'spring list', host.home]) expect(plain(body)).toContain(word);
    expect(plain(mail.text).includes('Ada Park')).toBe(['approval_wanted', 'mail_failed'].includes(notice));
    expect(mail.subject).not.toContain('Ada Park');
  });

  test.each([undefined, 'without-address', 'two-addresses', 'nobody'])('has nobody to go to where the inviter is %s', async (inviterId) => {
    const invitation = await invitationWith({ inviterId });
    await inside((trx) => tellInviter(host, trx, { invitation, notice: 'link_wanted', now }));
    expect(await mails()).toEqual([]);
  });

  test.each(forPeople)('of %s keeps the label from whom it was not meant for', async (notice) => {
    const invitation = await invitationWith();
    await inside((trx) =>
      queueNotice(host, trx, { to: { email: 'ada@example.org', emailVerified: true }, notice, invitation, name: 'Ada', locale: 'en', now }),
    );
    const mail = await theMail();
    expect(mail.to).toBe('ada@example.org');
    for (const part of [mail.subject, ...bodies(mail)]) {
      expect(plain(part)).not.toContain('spring list');
      expect(plain(part)).not.toContain('undefined');
    }
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addSeconds } from '../../src/lib/clock.ts';
import { inTransaction } from '../../src/lib/db.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { createSeal, type Seal, SealBroken } from '../../src/lib/seal.ts';
import { deliverMail, MailRefused, type OutgoingMail, type SendMail } from '../../src/mail/deliver.ts';
import { cancelMails, listMail, type NewMail, queueMail } from '../../src/mail/outbox.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { count } from '../support/invariants.ts';
import { addInvitation, everyRow, issuer, now, seal, spellings } from './making.ts';

let own: TestDatabase;
let sent: OutgoingMail[];
let errors: unknown[];
let time: Date;

beforeAll(async () => {
  own = await createTestDatabase();
});
beforeEach(async () => {
  await own.database.raw('truncate guestlist.mail');
  [sent, errors, time] = [[], [], now];
});
afterAll(() => own?.drop());

const secret = 'sesame-4711-open';
const mail: NewMail = {
  kind: 'invited',
  to: 'ada@example.org',
  subject: 'Come in',
  text: `Say ${secret}`,
  html: `<p>${secret}</p>`,
  secret: true,
};
const queue = (more: Partial<NewMail> = {}, invitationId?: string, queuedAt = now) =>
  queueMail(own.database, { ...mail, ...more }, { now: queuedAt, random: secureRandom, seal, invitationId });
const away = Object.assign(new Error('the mail server is away'), { code: 'ECONNREFUSED' });
const fail = async () => {
  throw away;
};
const keep = async (outgoing: OutgoingMail) => void sent.push(outgoing);
const deliver = (send: SendMail = keep, theSeal: Seal | undefined = seal) =>
  deliverMail(own.database, send, { clock: () => time, onError: (error) => errors.push(error), issuer, seal: theSeal });
const recipients = () => sent.map(({ to }) => to);

async function expectNoSecret(): Promise<void> {
  const rows = await everyRow(own.database);
  for (const spelling of spellings(secret)) expect(rows).not.toContain(spelling);
}

describe('a mail with a secret', () => {
  test('holds it when it is sent, and nothing that could be opened rests afterwards', async () => {
    await queue();
    await expectNoSecret();
    expect(await count(own.database, 'mail where sealed is not null')).toBe(1);
    expect(await deliver()).toEqual({ sent: 1, failed: 0 });
    const { secret: _, ...said } = mail;
    expect(sent).toEqual([{ ...said, messageId: expect.stringMatching(/^<[0-9a-f-]{36}@op\.example\.org>$/) }]);
    await expectNoSecret();
    expect(await listMail(own.database, 10, seal)).toMatchObject([{ subject: 'Come in', text: '', html: '' }]);
    expect(await count(own.database, `mail where sealed is null and sent_at = '${now.toISOString()}'`)).toBe(1);
  });

  test('fails where there is no seal, or another, and the others go out', async () => {
    await queue();
    await queue({ to: 'plain@example.org', secret: false }, undefined, addSeconds(now, 1));
    time = addSeconds(now, 1);
    // Given as undefined it would be the default.
    const withoutSeal = deliverMail(own.database, keep, { clock: () => time, onError: (error) => errors.push(error), issuer });
    expect(await withoutSeal).toEqual({ sent: 1, failed: 1 });
    expect(recipients()).toEqual(['plain@example.org']);
    time = addSeconds(now, 61);
    expect(await deliver(keep, createSeal('another secret of 32 characters', secureRandom))).toEqual({ sent: 0, failed: 1 });
    expect(errors).toEqual([
      new TypeError('secret: sending a mail that carries a token or a code needs this option'),
      expect.any(SealBroken),
    ]);
    time = addSeconds(now, 600);
    expect(await deliver()).toEqual({ sent: 1, failed: 0 });
  });
});

describe('at least once', () => {
  test('a mail keeps its message id over all its tries, and no two have the same', async () => {
    await queue();
    await queue();
    const tried: string[] = [];
    const failing = async ({ messageId }: OutgoingMail) => {
      tried.push(messageId);
      throw away;
    };
    for (const minute of [0, 1, 5]) {
      time = addSeconds(now, minute * 60);
      await deliver(failing);
    }
    time = addSeconds(now, 14 * 60);
    await deliver();
    expect(new Set(tried).size).toBe(2);
    expect(tried).toHaveLength(6);
    expect(new Set(sent.map(({ messageId }) => messageId))).toEqual(new Set(tried));
  });

  test('one whose sender dies before it is marked goes out again when its claim has lapsed, under the same id', async () => {
    await queue();
    const { promise: dying, resolve: isSent } = Promise.withResolvers<void>();
    // A process that is no more never comes back from sending.
    void deliver(async (outgoing) => {
      await keep(outgoing);
      isSent();
      await new Promise(() => undefined);
    });
    await dying;
    expect(await deliver()).toEqual({ sent: 0, failed: 0 });
    time = addSeconds(now, 179);
    expect(await deliver()).toEqual({ sent: 0, failed: 0 });
    time = addSeconds(now, 180);
    expect(await deliver()).toEqual({ sent: 1, failed: 0 });
    expect(sent).toHaveLength(2);
    expect(sent[0]).toEqual(sent[1]);
  });

  test('one that takes longer than its claim does not undo what another has done', async () => {
    await queue();
    const slow = (end: () => Promise<unknown>): SendMail => {
      return async (outgoing) => {
        await keep(outgoing);
        time = addSeconds(time, 180);
        expect(await deliver()).toEqual({ sent: 1, failed: 0 });
        return end();
      };
    };
    expect(await deliver(slow(fail))).toEqual({ sent: 0, failed: 1 });
    expect(await count(own.database, 'mail where sent_at is not null and next_attempt_at is null')).toBe(1);
    const refuse = async () => Promise.reject(new MailRefused('550', undefined));
    await queue({}, undefined, time);
    expect(await deliver(slow(refuse))).toEqual({ sent: 0, failed: 1 });
    expect(await count(own.database, 'mail where sent_at is not null and failed_at is null')).toBe(2);
  });

  test('nothing in the database is held while a mail is being sent', async () => {
    await queue();
    await deliver(async () => {
      const { rows } = await own.database.raw(`select count(*)::int as open from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and state like 'idle in transaction%'`);
      expect(rows).toEqual([{ open: 0 }]);
      await own.database.raw('select from guestlist.mail for update nowait');
    });
    expect(errors).toEqual([]);
  });

  test('five deliver at once: each mail goes out once', async () => {
    for (let index = 0; index < 30; index += 1) await queue({ to: `n${index}@example.org` });
    const counts = await Promise.all(Array.from({ length: 5 }, () => deliver()));
    expect(counts.reduce((sum, one) => sum + one.sent, 0)).toBe(30);
    expect(sent).toHaveLength(30);
    expect(new Set(recipients()).size).toBe(30);
  });
});

describe('what would be wrong by now is not sent', () => {
  const kept = () => count(own.database, 'mail where cancelled_at is null');
  const over: Readonly<Record<string, string>> = {
    revoked: `revoked_at = '${now.toISOString()}'`,
    expired: `expires_at = '${now.toISOString()}'`,
    'used up': 'used_count = max_uses',
  };

  test.each(Object.entries(over))('an invitation that was %s since', async (_, change) => {
    const [open, over] = [await addInvitation(own.database), await addInvitation(own.database)];
    await queue({ to: 'open@example.org' }, open.id);
    await queue({}, over.id);
    await queue({ to: 'joined@example.org', kind: 'joined', secret: false, text: '', html: '' }, over.id);
    await own.database.raw(`update guestlist.invitation set ${change} where id = ?`, [over.id]);
    expect(await deliver()).toEqual({ sent: 2, failed: 0 });
    expect(recipients().sort()).toEqual(['joined@example.org', 'open@example.org']);
    await expectNoSecret();
    expect(await kept()).toBe(2);
    expect(await count(own.database, 'mail where sealed is not null')).toBe(0);
  });

  test('an invitation that was cancelled, whatever becomes of it', async () => {
    const { id } = await addInvitation(own.database);
    await queue({}, id);
    await inTransaction(own.database, (trx) => cancelMails(trx, { invitationId: id, kinds: ['invited'], now }));
    expect(await deliver()).toEqual({ sent: 0, failed: 0 });
    expect(sent).toEqual([]);
    await expectNoSecret();
  });

  test('an older mail, once a newer one was queued for the same invitation', async () => {
    const { id } = await addInvitation(own.database);
    await queue({ text: 'old' }, id);
    await queue({ text: 'new' }, id, addSeconds(now, 1));
    time = addSeconds(now, 60);
    expect(await deliver()).toEqual({ sent: 1, failed: 0 });
    expect(sent.map(({ text }) => text)).toEqual(['new']);
  });

  test('a code of ten minutes ago', async () => {
    await queue({ kind: 'code', to: 'late@example.org' });
    await queue({ kind: 'code', to: 'soon@example.org' }, undefined, addSeconds(now, 1));
    time = addSeconds(now, 600);
    expect(await deliver()).toEqual({ sent: 1, failed: 0 });
    expect(recipients()).toEqual(['soon@example.org']);
    expect(await kept()).toBe(1);
  });

  test.each([
    ['request-confirm', 24],
    ['password-reset', 1],
    ['email-change', 1],
  ])('a link in %s, once it leads nowhere any more', async (kind, hours) => {
    await queue({ kind, to: 'late@example.org' });
    await queue({ kind, to: 'soon@example.org' }, undefined, addSeconds(now, 1));
    time = addSeconds(now, hours * 3600);
    expect(await deliver()).toEqual({ sent: 1, failed: 0 });
    expect(recipients()).toEqual(['soon@example.org']);
    expect(await count(own.database, 'mail where cancelled_at is not null and sealed is null')).toBe(1);
  });

  test('one that is being sent lets nobody wait, and is not tried again', async () => {
    const { id } = await addInvitation(own.database);
    await queue({}, id);
    let cancelled: number | undefined;
    const revokedMeanwhile = async () => {
      cancelled = await inTransaction(own.database, async (trx) => {
        await trx.raw('update guestlist.invitation set revoked_at = ? where id = ?', [now, id]);
        return cancelMails(trx, { invitationId: id, kinds: ['invited'], now });
      });
      throw away;
    };
    expect(await deliver(revokedMeanwhile)).toEqual({ sent: 0, failed: 1 });
    expect(cancelled).toBe(0);
    time = addSeconds(now, 60);
    expect(await deliver()).toEqual({ sent: 0, failed: 0 });
    expect(await kept()).toBe(0);
    await expectNoSecret();
  });
});

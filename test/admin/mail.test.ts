import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { secureRandom } from '../../src/lib/random.ts';
import { createSeal } from '../../src/lib/seal.ts';
import { queueMail } from '../../src/mail/outbox.ts';
import { type MailServer, startMailServer } from '../mail/mail-server.ts';
import { lookForDueMail, startPosting } from '../mail/posting.ts';
import { testSecret } from '../support/mail.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { createProgram, type Program, type Told } from './calling.ts';

let server: TestServer;
let program: Program;

beforeAll(async () => {
  server = await startTestServer();
  program = await createProgram(server);
});
afterAll(() => server.close());

const seal = createSeal(testSecret, secureRandom);
const idsOf = ({ json }: Told): string[] => json.items.map(({ id }: { id: string }) => id);
const list = async (query: Record<string, string | number>) => idsOf(await program.call('listMails', { query }));

async function queue(to: string, { kind = 'joined', secret = false, change = '' } = {}): Promise<string> {
  server.pass(1);
  const words = secret ? 'a secret' : 'words';
  const id = await queueMail(
    server.database,
    { kind, to, subject: 's', text: words, html: words, secret },
    { now: server.now(), random: secureRandom, seal },
  );
  if (change) await server.database.raw(`update guestlist.mail set ${change} where id = ?`, [id]);
  return id;
}

describe('the log of mails', () => {
  test('is searched by address, kind, state and time, page by page, and tells no words', async () => {
    const before = server.now().toISOString();
    const sent = await queue('ada@example.org', { change: 'sent_at = queued_at, given_at = queued_at, attempts = 1' });
    const other = await queue('ada+choir@example.org');
    const failed = await queue('Ada@Example.org', {
      kind: 'invited',
      secret: true,
      change: `failed_at = queued_at, failure = '550 5.1.1', sealed = null`,
    });
    const waiting = await queue('ada@bücher.example', { kind: 'code', secret: true });
    expect(await list({ createdAfter: before })).toEqual([waiting, failed, other, sent]);
    expect(await list({ to: 'ADA@example.org' })).toEqual([failed, sent]);
    expect(await list({ to: 'ada@xn--bcher-kva.example' })).toEqual([waiting]);
    expect(await list({ kind: 'invited' })).toEqual([failed]);
    expect(await list({ kind: 'invited', state: 'failed' })).toEqual([failed]);
    expect(await list({ kind: 'joined', state: 'sent', createdAfter: before })).toEqual([sent]);
    expect(await list({ kind: 'joined', createdAfter: before })).toEqual([other, sent]);
    for (const [state, ids] of Object.entries({ sent: [sent], failed: [failed], waiting: [waiting, other], cancelled: [] }))
      expect(await list({ state, createdAfter: before }), state).toEqual(ids);
    const { json: page } = await program.call('listMails', { query: { limit: 2, createdAfter: before } });
    expect(await list({ limit: 2, createdAfter: before, cursor: page.next })).toEqual([other, sent]);
    expect(JSON.stringify(page)).not.toMatch(/words|a secret/);
    const { json } = await program.call('getMail', { params: { mailId: failed } });
    expect(json).toMatchObject({ state: 'failed', failure: '550 5.1.1', to: 'Ada@Example.org', retryable: false });
    expect(json).not.toHaveProperty('text');
    expect(await program.call('listMails', { query: { to: 'nobody' } })).toMatchObject({ status: 422 });
  });

  test('one that was given up is tried again, if it is still there', async () => {
    const failed = await queue('eve@example.org', { change: `failed_at = queued_at, failure = '451', attempts = 20` });
    const secret = await queue('eve@example.org', { secret: true, change: `failed_at = queued_at, failure = '451', sealed = null` });
    const sent = await queue('eve@example.org', { change: 'sent_at = queued_at' });
    const told = await program.call('retryMail', { params: { mailId: failed } });
    expect(told).toMatchObject({ status: 200, json: { state: 'waiting', failure: null, attempts: 0 } });
    for (const mailId of [secret, sent])
      expect(await program.call('retryMail', { params: { mailId } })).toMatchObject({ status: 409, json: { code: 'mail_not_retryable' } });
    const { json } = await program.call('listAuditEvents', { query: { action: 'mail.retried' } });
    expect(json.items).toMatchObject([{ subject: failed, detail: { kind: 'joined', attempts: 20 } }]);
  });
});

describe('a test mail', () => {
  let post: MailServer;
  beforeAll(async () => {
    post = await startMailServer();
  });
  afterAll(() => post.close());

  test('goes the way of all mail, is sent once, and what came of it is told', async () => {
    const sending = { body: { to: 'ops@example.org' }, headers: { 'idempotency-key': 'the-test-mail' } };
    const [told, again] = [await program.call('sendTestMail', sending), await program.call('sendTestMail', sending)];
    expect(told).toMatchObject({ status: 202, json: { kind: 'test', to: 'ops@example.org', state: 'waiting' } });
    expect(told.headers.get('location')).toBe(`${server.issuer}/api/v1/mails/${told.json.id}`);
    expect(again.json).toEqual(told.json);
    const posting = await startPosting(server, post.url);
    try {
      await lookForDueMail(server);
      await expect
        .poll(async () => (await program.call('getMail', { params: { mailId: told.json.id } })).json, { timeout: 10_000 })
        .toMatchObject({ state: 'sent', attempts: 1 });
    } finally {
      await posting.stop();
    }
    expect(post.arrived.filter(({ recipients }) => recipients.includes('ops@example.org'))).toHaveLength(1);
    const { json } = await program.call('listAuditEvents', { query: { action: 'mail.tested' } });
    expect(json.items).toMatchObject([{ subject: told.json.id, detail: { to: 'o•••@example.org' } }]);
  });

  test('goes to one address and nowhere else', async () => {
    for (const to of ['a@example.org, b@example.org', 'nobody', 'a@example.org\r\nBcc: b@example.org'])
      expect(await program.call('sendTestMail', { body: { to } })).toMatchObject({ status: 422, json: { code: 'wish_invalid' } });
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { inTransaction } from '../../src/lib/db.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { queueMail } from '../../src/mail/outbox.ts';
import { dropJobs, installJobs, startJobs } from '../../src/server/jobs.ts';
import { createLog } from '../../src/server/log.ts';
import type { Post } from '../../src/server/post.ts';
import { createBrowser } from '../support/browser.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startTestServer } from '../support/server.ts';

let own: TestDatabase;
const log = createLog('silent');

beforeEach(async () => {
  own = await createTestDatabase();
});
afterEach(() => own.drop());

const install = (sendsMail: boolean) => installJobs({ connection: own.connection, database: own.database, log, sendsMail });
const mail = { kind: 'joined', to: 'ada@example.org', subject: 'Welcome', text: 'In words', html: '<p>In colour</p>' };
const now = new Date('2026-05-04T10:00:00Z');
const queue = (db: Parameters<typeof queueMail>[0] = own.database) => queueMail(db, mail, { now, random: secureRandom });
const mailIds = () => own.database('guestlist.mail').orderBy('id').pluck('id');

/** Those that wait, by what identifies them. */
async function jobs(): Promise<{ task: string; key: string | null; payload: unknown }[]> {
  const { rows } = await own.database.raw(`select t.identifier as task, j.key, j.payload from guestlist_jobs._private_jobs j
    join guestlist_jobs._private_tasks t on t.id = j.task_id order by j.id`);
  return rows;
}

/** Notes what it is asked for, and sends nothing. */
function notingPost() {
  const delivered: string[] = [];
  const seen = { rounds: 0, isClosed: false };
  const post: Post = {
    deliver: async (id) => void delivered.push(id),
    deliverDue: async () => {
      seen.rounds += 1;
    },
    close: async () => {
      seen.isClosed = true;
    },
  };
  return { post, delivered, seen };
}

test('what is over is swept by a job: artefacts, visits and counts, and nothing else', async () => {
  const server = await startTestServer({ on: own });
  const { database, connection } = own;
  const counts = async () => {
    const { rows } = await database.raw(`select (select count(*)::int from guestlist.oidc_payload) as artefacts,
      (select count(*)::int from guestlist.visit) as visits, (select count(*)::int from guestlist.invitation) as invitations`);
    return rows[0];
  };
  await server.addGroup('choir');
  const { url } = await server.guestlist.invite({ groups: ['choir'] });
  const browser = createBrowser(server.issuer);
  await browser.submit(await browser.open(url), 'create');
  expect(await counts()).toEqual({ artefacts: expect.any(Number), visits: 1, invitations: 1 });
  server.pass(60 * 24 * 60 * 60);
  const jobs = await startJobs({ connection, database, clock: server.now, log });
  try {
    await database.raw(`select guestlist_jobs.add_job('sweep')`);
    for (let tries = 0; tries < 100 && (await counts()).visits > 0; tries += 1) await sleep(100);
    expect(await counts()).toEqual({ artefacts: 0, visits: 0, invitations: 1 });
  } finally {
    await jobs.stop();
    await server.close();
  }
});

test('a mail brings its job along, in the same transaction, with nothing in it but its id', async () => {
  await install(true);
  await inTransaction(own.database, queue);
  const [id] = await mailIds();
  expect(await jobs()).toEqual([{ task: 'mail', key: id, payload: { id } }]);
  const undone = inTransaction(own.database, async (trx) => {
    await queue(trx);
    throw new Error('undone');
  });
  await expect(undone).rejects.toThrow('undone');
  expect(await jobs()).toHaveLength(1);
});

test('each mail is handed to the post at once, and the post is closed in the end', async () => {
  const { post, delivered, seen } = notingPost();
  const running = await startJobs({ ...own, clock: () => now, log, post });
  await queue();
  await queue();
  await expect.poll(() => delivered.length, { timeout: 5_000 }).toBe(2);
  expect(delivered.toSorted()).toEqual(await mailIds());
  await own.database.raw(`select guestlist_jobs.add_job('mails')`);
  await expect.poll(() => seen.rounds, { timeout: 5_000 }).toBe(1);
  expect(seen.isClosed).toBe(false);
  await running.stop();
  expect(seen.isClosed).toBe(true);
});

test('each minute somebody looks for what is due, whether or not there was a job', async () => {
  const { post } = notingPost();
  const running = await startJobs({ ...own, clock: () => now, log, post });
  const crons = () => own.database('guestlist_jobs._private_known_crontabs').orderBy('identifier').pluck('identifier');
  await expect.poll(crons, { timeout: 5_000 }).toEqual(['mails', 'sweep']);
  await running.stop();
});

test('each hour somebody looks after the keys', async () => {
  let count = 0;
  const tendKeys = async () => {
    count += 1;
  };
  const running = await startJobs({ ...own, clock: () => now, log, tendKeys });
  const crons = () => own.database('guestlist_jobs._private_known_crontabs').orderBy('identifier').pluck('identifier');
  await expect.poll(crons, { timeout: 5_000 }).toEqual(['keys', 'sweep']);
  await own.database.raw(`select guestlist_jobs.add_job('keys')`);
  await expect.poll(() => count, { timeout: 5_000 }).toBe(1);
  await running.stop();
});

test('without a mail server, mail jobs are left to those who have one', async () => {
  await install(true);
  await queue();
  const without = await startJobs({ ...own, clock: () => now, log });
  await own.database.raw(`select guestlist_jobs.add_job('sweep')`);
  await expect.poll(async () => (await jobs()).map(({ task }) => task), { timeout: 5_000 }).toEqual(['mail']);
  await without.stop();
});

test('ten install at once, again and again, and there is one trigger', async () => {
  await Promise.all(Array.from({ length: 10 }, () => install(true)));
  await install(false);
  const { rows } = await own.database.raw(`select count(*)::int as count from pg_trigger where tgname = 'mail_queued'`);
  expect(rows).toEqual([{ count: 1 }]);
  await queue();
  expect(await jobs()).toHaveLength(1);
});

test('nothing of it is there where no server has its jobs, and nothing stays when they are dropped', async () => {
  const triggers = async () => own.database('pg_trigger').where({ tgname: 'mail_queued' }).pluck('tgname');
  await queue();
  await install(false);
  expect(await triggers()).toEqual([]);
  await install(true);
  expect(await triggers()).toEqual(['mail_queued']);
  await dropJobs(own.database);
  expect(await triggers()).toEqual([]);
  await queue();
  expect(await mailIds()).toHaveLength(2);
});

test('a campaign is made by a job that was added when its rows were stored, also after it was resumed, and each minute', async () => {
  const server = await startTestServer({ on: own });
  await install(false);
  await server.addGroup('choir');
  const { campaigns } = server.guestlist;
  const draft = { name: 'Spring', wish: { groups: ['choir'] } };
  await campaigns.create({ ...draft, rows: { cards: 2 } });
  expect(await jobs()).toEqual([]);
  const { id } = await campaigns.create({ ...draft, rows: { pasted: 'ada@example.org, ben@example.org' } });
  expect(await jobs()).toEqual([{ task: 'campaigns', key: 'campaigns', payload: {} }]);
  await campaigns.cancel(id);
  const { connection, database } = own;
  const running = await startJobs({ connection, database, clock: server.now, log, makeCampaigns: campaigns.runDue });
  await expect.poll(jobs, { timeout: 10_000 }).toEqual([]);
  expect(await campaigns.find(id)).toMatchObject({ state: 'cancelled', made: 0 });
  await campaigns.resume(id);
  await expect.poll(() => campaigns.find(id), { timeout: 10_000 }).toMatchObject({ state: 'done', made: 2 });
  await running.stop();
  await server.close();
});

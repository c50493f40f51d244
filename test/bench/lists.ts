/**
 * How long pages with lists take with a million invitations and a million accounts: our server, on its embedded PostgreSQL,
 * asked by an admin, by the manager of the largest group, and by a member who has invited much. Each page is opened again and
 * again, as its first page and as the one behind it; prints the median and the 95th percentile of the time until the last byte,
 * and ends with 1 if that is 100 ms or more anywhere. `node test/bench/lists.ts [rows] [folder to keep the data in] [part of a path]`
 */
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from 'cheerio';
import { Agent, request } from 'undici';
import { systemClock } from '../../src/lib/clock.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { readConfig } from '../../src/server/config.ts';
import { createLog } from '../../src/server/log.ts';
import { type Started, startServer } from '../../src/server/start.ts';
import { goOn } from '../console/setting.ts';
import { type Browser, createBrowser } from '../support/browser.ts';
import { join as comeIn, signIn } from '../support/people.ts';
import { addCrowd, bigGroup } from './crowd.ts';

const size = Number(process.argv[2] ?? 1_000_000);
const tries = 40;
const boundMs = 100;
const port = 41_789;
const issuer = `http://localhost:${port}`;

const agent = new Agent({ connections: 1 });

type Timed = { readonly ms: number; readonly html: string };

async function timed({ jar }: Browser, address: string): Promise<Timed> {
  const cookie = await jar.getCookieString(address);
  const start = performance.now();
  const { statusCode, body } = await request(address, {
    dispatcher: agent,
    headers: { accept: 'text/html', 'accept-language': 'en', cookie },
  });
  const html = await body.text();
  const ms = performance.now() - start;
  if (statusCode !== 200) throw new Error(`${address} answered with ${statusCode}`);
  return { ms, html };
}

const slow: string[] = [];

async function measure(browser: Browser, name: string, address: string): Promise<string> {
  const times: number[] = [];
  let html = '';
  for (let number = 0; number < tries + 3; number += 1) {
    const answer = await timed(browser, address);
    ({ html } = answer);
    // The first ones find nothing in memory.
    if (number >= 3) times.push(answer.ms);
  }
  times.sort((one, other) => one - other);
  const at = (share: number) => times[Math.ceil(times.length * share) - 1] ?? Number.NaN;
  if (at(0.95) >= boundMs) slow.push(name);
  const rows = load(html)('main tbody tr').length;
  process.stdout.write(`${name.padEnd(64)} ${at(0.5).toFixed(1).padStart(7)} ${at(0.95).toFixed(1).padStart(7)} ms, ${rows} rows\n`);
  return html;
}

/** A page and, where there is one, the page behind it. */
async function measureList(browser: Browser, who: string, path: string): Promise<void> {
  if (!path.includes(process.argv[4] ?? '')) return;
  const html = await measure(browser, `${who} ${path}`, `${issuer}${path}`);
  const next = load(html)('a[rel=next]').attr('href');
  if (next) await measure(browser, `${who} ${path} → next`, new URL(next, issuer).href);
}

type People = { readonly admin: Browser; readonly manager: Browser; readonly member: Browser };

/** Comes in by an invitation like anybody, or back, when the data is kept. */
async function personOf({ app, database }: Started, name: string, wish: Parameters<typeof app.guestlist.grant>[1]): Promise<Browser> {
  const browser = createBrowser(issuer);
  const email = `bench.${name}@example.org`;
  const find = async () =>
    (await database.raw('select account_id as id from guestlist.account_email where email_key = ?', [email])).rows[0]?.id as
      | string
      | undefined;
  if (await find()) await signIn(browser, await browser.open('/me'), { email });
  else await comeIn(browser, (await app.guestlist.invite({ groups: ['group-1'], maxUses: 1 })).url, { email, name });
  const accountId = await find();
  if (!accountId) throw new Error(`${name} did not come in`);
  await app.guestlist.grant(accountId, wish);
  return browser;
}

async function peopleOf(started: Started): Promise<People> {
  await started.app.guestlist.addRight({ name: 'guestlist:admin' }).catch(() => undefined);
  const admin = await personOf(started, 'admin', { rights: ['guestlist:admin'] });
  const manager = await personOf(started, 'manager', { groups: [`${bigGroup}:manager`] });
  const member = await personOf(started, 'member', { groups: [bigGroup] });
  for (const browser of [admin, manager]) await goOn(browser, await browser.open('/admin'));
  return { admin, manager, member };
}

const states = ['open', 'used_up', 'expired', 'revoked', 'suspended', 'not_started'];

async function pagesOf({ database }: Started) {
  const one = async (sql: string) => (await database.raw(sql)).rows[0]?.id as string;
  const campaign = await one(`select campaign_id as id from guestlist.campaign_row group by 1 order by count(*) desc limit 1`);
  const person = await one(`select account_id as id from guestlist.membership where role = 'manager' order by account_id limit 1`);
  const forManagers = [
    '/admin',
    '/admin/invitations',
    ...states.map((state) => `/admin/invitations?state=${state}`),
    `/admin/invitations?group=${bigGroup}`,
    `/admin/invitations?group=${bigGroup}&state=used_up`,
    '/admin/invitations?email=person.77@example.org',
    '/admin/approvals',
    '/admin/requests',
    '/admin/groups',
    `/admin/groups/${bigGroup}`,
    `/admin/groups/${bigGroup}?role=manager`,
    '/admin/campaigns',
    '/admin/people',
    '/admin/people?find=Person+12',
    '/admin/people?find=person.777',
  ];
  const forAdmins = [
    '/admin/invitations?group=group-7',
    '/admin/invitations?from=2025-01-01&until=2025-02-01',
    `/admin/campaigns/${campaign}`,
    `/admin/campaigns/${campaign}/rows`,
    `/admin/people/${person}`,
    `/admin/people/${person}/access`,
    `/admin/people/${person}/log`,
    `/admin/people/${person}/invitations`,
    '/admin/requests/desks',
    '/admin/rights',
    '/admin/rights/one?right=door:open',
    '/admin/apps',
    '/admin/audit',
    '/admin/audit?action=invitation.redeemed',
    `/admin/audit?subject=${person}`,
  ];
  return { forManagers, forAdmins, forMembers: ['/me', '/me/invitations', '/me/sessions', '/me/account'] };
}

async function main(): Promise<void> {
  const kept = process.argv[3];
  const parent = kept ?? (await mkdtemp(join(tmpdir(), 'guestlist-bench-')));
  await mkdir(parent, { recursive: true });
  // As root, the database runs as another user, who has to pass through.
  await chmod(parent, 0o711);
  const config = readConfig({
    PORT: String(port),
    DATA_DIR: join(parent, 'data'),
    GUESTLIST_SECRET: 'a secret for benchmarks, 32 characters or more',
  });
  const started = await startServer({ config, clock: systemClock, random: secureRandom, log: createLog('silent'), trustedOrigins: [] });
  try {
    await addCrowd(started.database, { size, say: (text) => void process.stdout.write(`${text}\n`) });
    const { admin, manager, member } = await peopleOf(started);
    const [cpu] = cpus();
    process.stdout.write(
      `${size} invitations and accounts; Node ${process.version}, ${availableParallelism()} cores of ${cpu?.model ?? 'unknown'}\n`,
    );
    process.stdout.write(`${'page'.padEnd(64)}  median     p95\n`);
    const { forManagers, forAdmins, forMembers } = await pagesOf(started);
    for (const path of [...forManagers, ...forAdmins]) await measureList(admin, 'admin', path);
    await goOn(manager, await manager.open('/admin'));
    for (const path of forManagers) await measureList(manager, 'manager', path);
    for (const path of forMembers) await measureList(member, 'member', path);
    process.stdout.write(slow.length > 0 ? `too slow: ${slow.join(', ')}\n` : `every page under ${boundMs} ms\n`);
    if (slow.length > 0) process.exitCode = 1;
  } finally {
    await agent.close();
    await started.stop();
    if (!kept) await rm(parent, { recursive: true, force: true });
  }
}

await main();

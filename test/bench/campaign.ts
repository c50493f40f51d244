/**
 * A campaign of 50,000 rows on PostgreSQL, made by real servers: a command stores a CSV file, the worker of a server makes
 * the invitations and sends their mails, the server is killed in the middle (SIGKILL), and another one goes on. Says how
 * fast that goes, how much memory each process takes over idle, and whether the progress can be seen meanwhile; ends with 1
 * if that was 200 MB or more, or if a row or a mail was made twice or not at all. What is in `NODE_OPTIONS` holds for the
 * servers as well. `node test/bench/campaign.ts [rows]`
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Database } from '../../src/lib/db.ts';
import { openServerDatabase } from '../../src/server/database.ts';
import { type MailServer, startMailServer } from '../mail/mail-server.ts';
import { databaseUrlOf, shellEnvironment } from '../support/command.ts';

const size = Number(process.argv[2] ?? 50_000);
const boundMb = 200;
/** Of the rows, when the first server is killed. */
const share = 0.4;

const port = 41_788;
const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** What was handed over, by message id: how often. */
type Post = Readonly<MailServer> & { readonly handedOver: Map<string, { readonly to: string; times: number }> };

async function openPost(): Promise<Post> {
  const handedOver: Post['handedOver'] = new Map();
  const server: MailServer = await startMailServer({
    onMail: ({ recipients, raw }) => {
      const id = /^message-id: (\S+)/im.exec(raw)?.[1] ?? '';
      const known = handedOver.get(id);
      if (known) known.times += 1;
      else handedOver.set(id, { to: recipients.join(' '), times: 1 });
      // Whole mails would be more than all the rest.
      server.arrived.length = 0;
      return undefined;
    },
  });
  return { ...server, handedOver };
}

type Watched = { readonly child: ChildProcess; readonly idleMb: number; mostMb: number; readonly ended: Promise<unknown> };

async function memoryMb(child: ChildProcess): Promise<number> {
  const text = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s+(\d+)/m.exec(text)?.[1] ?? 0) / 1_024;
}

const watches = new Set<NodeJS.Timeout>();

/** With what it takes when nothing is going on. */
async function watch(child: ChildProcess): Promise<Watched> {
  const idleMb = await memoryMb(child);
  const watched: Watched = { child, idleMb, mostMb: idleMb, ended: once(child, 'close') };
  const timer = setInterval(async () => {
    watched.mostMb = Math.max(watched.mostMb, await memoryMb(child));
  }, 100);
  watches.add(timer);
  return watched;
}

type Environment = Readonly<Record<string, string>>;

function launch(environment: Environment, args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...shellEnvironment, ...environment, NODE_OPTIONS: process.env['NODE_OPTIONS'] },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(child);
  child.on('close', () => children.delete(child));
  return child;
}

const children = new Set<ChildProcess>();

async function output(child: ChildProcess): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of child.stdout ?? []) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

async function startServer(environment: Environment): Promise<ChildProcess> {
  const child = launch({ ...environment, PORT: String(port), LOG_LEVEL: 'warn' }, ['start']);
  child.stdout?.resume();
  while (!(await fetch(`http://localhost:${port}/.well-known/openid-configuration`).catch(() => undefined))?.ok) await sleep(100);
  return child;
}

function* rowsOfFile(): Generator<string> {
  yield 'email;name\r\n';
  for (let number = 0; number < size; number += 1) yield `person.${number}@example.org;"Person, ${number}"\r\n`;
}

async function countOf(database: Database, sql: string): Promise<number> {
  const { rows } = await database.raw(`select count(*)::int as count from guestlist.${sql}`);
  return rows[0].count;
}

/** Until so many are made; what was seen on the way. */
async function follow(database: Database, id: string, { until, seen }: { until: number; seen: Set<number> }): Promise<void> {
  for (;;) {
    const made = await countOf(database, `campaign_row where campaign_id = '${id}' and made_at is not null`);
    seen.add(made);
    if (made >= until) return;
    await sleep(500);
  }
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
const say = (text: string) => void process.stdout.write(`${text}\n`);
const memoryLine = (what: string, { idleMb, mostMb }: Watched) =>
  say(`${what}: idle ${idleMb.toFixed(0)} MB, most ${mostMb.toFixed(0)} MB, over idle ${(mostMb - idleMb).toFixed(0)} MB`);

async function run(database: Database, environment: Environment, { post, file }: { post: Post; file: string }): Promise<boolean> {
  const first = await startServer(environment);
  // Something that goes before, so that what is loaded once is there.
  await output(launch(environment, ['group', 'add', 'choir', '--name', 'Kammerchor Nord']));
  await output(launch(environment, ['campaign', 'create', 'First', '--group', 'choir', '--addresses', `${file}.first`]));
  while (post.handedOver.size < 1) await sleep(100);
  await sleep(3_000);
  const one = await watch(first);

  const begun = performance.now();
  const storing = launch(environment, ['campaign', 'create', 'Large', '--group', 'choir', '--csv', file, '--json']);
  const command = await watch(storing);
  const { id } = JSON.parse(await output(storing));
  const stored = performance.now();
  say(`stored in ${seconds(stored - begun)} by a command that took ${command.mostMb.toFixed(0)} MB in all`);

  const seen = new Set<number>();
  await follow(database, id, { until: size * share, seen });
  first.kill('SIGKILL');
  await one.ended;
  const killed = performance.now();
  const before = await countOf(database, `campaign_row where campaign_id = '${id}' and made_at is not null`);
  say(`killed at ${before} rows, ${Math.round((before * 1_000) / (killed - stored))} a second`);
  memoryLine('the server that was killed', one);

  const second = await startServer(environment);
  const two = await watch(second);
  await follow(database, id, { until: before + 1, seen });
  const wentOn = performance.now();
  await follow(database, id, { until: size, seen });
  const done = performance.now();
  say(
    `went on after ${seconds(wentOn - killed)}; the other ${size - before} at ${Math.round(((size - before) * 1_000) / (done - wentOn))} a second`,
  );
  while ((await countOf(database, 'mail where sent_at is null')) > 0) await sleep(500);
  say(`all mails were sent ${seconds(performance.now() - done)} after the last row; progress was seen at ${seen.size} figures`);

  memoryLine('the server that went on', two);
  const isOnce = await isEachOnce(database, { id, post });
  second.kill('SIGTERM');
  await two.ended;
  return isOnce && [one, two].every(({ idleMb, mostMb }) => mostMb - idleMb < boundMb);
}

/** Rows, invitations and mails; a mail that was being handed over as the server died comes once more, under the same id. */
async function isEachOnce(database: Database, { id, post }: { id: string; post: Post }): Promise<boolean> {
  const { rows } = await database.raw(
    `select (select count(*)::int from guestlist.invitation where campaign_id = :id) as invitations,
      (select count(distinct email_key)::int from guestlist.invitation where campaign_id = :id) as people,
      (select count(distinct invitation_id)::int from guestlist.campaign_row where campaign_id = :id) as rows,
      (select count(*)::int from guestlist.mail m join guestlist.invitation i on i.id = m.invitation_id where i.campaign_id = :id) as mails,
      (select count(*)::int from guestlist.contradictions()) as contradictions`,
    { id },
  );
  const found = rows[0];
  const mails = [...post.handedOver.values()].filter(({ to }) => to.startsWith('person.'));
  const addressees = new Set(mails.map(({ to }) => to)).size;
  const again = mails.filter(({ times }) => times > 1).length;
  say(JSON.stringify(found));
  say(`handed over: ${mails.length} mails to ${addressees} people, ${again} of them once more after the kill, under the same message id`);
  const each = [found.invitations, found.people, found.rows, found.mails, mails.length, addressees];
  return each.every((count) => count === size) && found.contradictions === 0;
}

async function bench(): Promise<void> {
  const parent = await mkdtemp(join(tmpdir(), 'guestlist-bench-'));
  // As root, the database runs as another user, who has to pass through.
  await chmod(parent, 0o711);
  const [cpu] = cpus();
  say(`${size} rows; Node ${process.version}, ${availableParallelism()} cores of ${cpu?.model ?? 'unknown'}`);
  const file = join(parent, 'rows.csv');
  await pipeline(Readable.from(rowsOfFile()), createWriteStream(file));
  await pipeline(Readable.from(['first@example.org\n']), createWriteStream(`${file}.first`));
  const post = await openPost();
  const opened = await openServerDatabase({ databaseUrl: undefined, dataDir: join(parent, 'data') }, { role: 'command' });
  const environment = {
    DATABASE_URL: databaseUrlOf(opened.connection),
    GUESTLIST_SECRET: 'a secret for benchmarks, 32 characters or more',
    ISSUER: `http://localhost:${port}`,
    SMTP_URL: post.url,
    MAIL_FROM: 'choir@example.org',
  };
  try {
    if (!(await run(opened.database, environment, { post, file }))) process.exitCode = 1;
  } finally {
    for (const timer of watches) clearInterval(timer);
    for (const child of children) child.kill('SIGKILL');
    await opened.close();
    await post.close();
    await rm(parent, { recursive: true, force: true });
  }
}

await bench();

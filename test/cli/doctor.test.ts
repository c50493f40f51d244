/** `guestlist doctor`: what is well is said to be, what is not is found, and nothing that hangs or breaks takes the rest along. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer as createSocketServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Finding, runChecks } from '../../src/cli/doctor-check.ts';
import { issuerChecks } from '../../src/cli/doctor-issuer.ts';
import { failedSince, judgeKeys, judgeQueue } from '../../src/cli/doctor-judge.ts';
import { dnsCheck } from '../../src/cli/doctor-mail.ts';
import { bitsOf } from '../../src/cli/doctor-settings.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { queueMail } from '../../src/mail/outbox.ts';
import { installJobs } from '../../src/server/jobs.ts';
import { createLog } from '../../src/server/log.ts';
import { type MailServer, startMailServer } from '../mail/mail-server.ts';
import { runCommand } from '../support/command.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { settingsBeside, settingsFor } from './guestlist.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let server: TestServer;
let mailServer: MailServer;

beforeAll(async () => {
  server = await startTestServer();
  mailServer = await startMailServer();
});
afterAll(async () => {
  await mailServer?.close();
  await server?.close();
});

type Told = { readonly ok: boolean; readonly findings: readonly Finding[] };

async function doctor(
  settings: Readonly<Record<string, string>>,
): Promise<Told & { readonly exitCode: number; status(name: string): string | undefined }> {
  const { exitCode, stdout, stderr } = await runCommand(['doctor', '--json'], settings);
  expect(stderr).toBe('');
  const told = JSON.parse(stdout) as Told;
  expect(exitCode).toBe(told.ok ? 0 : 1);
  return { ...told, exitCode, status: (name) => told.findings.find((finding) => finding.name === name)?.status };
}

const besideWithMail = () => ({ ...settingsBeside(server), SMTP_URL: mailServer.url, MAIL_FROM: 'Choir <choir@mail.invalid>' });

describe('beside the database', () => {
  it('finds all well, and sends nothing', async () => {
    const told = await doctor(besideWithMail());
    expect(told.findings.filter(({ status }) => status === 'fail')).toEqual([]);
    for (const name of ['database', 'database clock', 'migrations', 'secret and keys', 'keys', 'mail queue', 'issuer', 'clock', 'smtp'])
      expect([name, told.status(name)]).toEqual([name, 'ok']);
    // No https, no worker, no random secret, and a domain that nobody has.
    for (const name of ['tls', 'jobs', 'secret', 'dns spf']) expect([name, told.status(name)]).toEqual([name, 'warn']);
    expect(mailServer.arrived).toEqual([]);
  });

  it('tells people in lines, each with what to do', async () => {
    const { stdout, exitCode } = await runCommand(['doctor'], besideWithMail());
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^ok {4}database: PostgreSQL \d+/m);
    expect(stdout).toMatch(/^warn {2}jobs: No worker has ever run on this database\.\n {6}→ .*guestlist worker/m);
    expect(stdout).toMatch(/\n\d+ are well, \d+ could be better, 0 are not well\.\n$/);
  });

  it('finds each thing that is not well, and goes on', async () => {
    const { database } = server;
    const now = systemClock();
    for (const [to, change] of [
      ['late@example.org', `queued_at = now() - interval '2 hours'`],
      ['lost@example.org', `failed_at = now(), failure = '550'`],
    ] as const) {
      await queueMail(database, { kind: 'test', to, subject: 'x', text: 'x', html: 'x' }, { now, random: secureRandom });
      await database.raw(`update guestlist.mail set ${change} where to_address = ?`, [to]);
    }
    const [last] = await database('guestlist.migration').orderBy('id', 'desc').limit(1);
    await database('guestlist.migration').where({ id: last.id }).delete();
    const free = await startMailServer();
    await free.close();
    const wrong = {
      ...besideWithMail(),
      GUESTLIST_SECRET: 'another secret, which is long enough',
      SMTP_URL: free.url,
      ISSUER: `${server.issuer}/elsewhere`,
    };
    const told = await doctor(wrong);
    await database('guestlist.migration').insert(last);
    for (const name of ['migrations', 'secret and keys', 'mail queue', 'issuer', 'smtp'])
      expect([name, told.status(name)]).toEqual([name, 'fail']);
    expect(told.findings.find(({ name }) => name === 'migrations')?.message).toBe(`1 migrations wait, from ${last.name} on.`);
    expect(told.status('given-up mail')).toBe('warn');
    expect(told.status('database')).toBe('ok');
    expect(JSON.stringify(told)).not.toContain('another secret');
    await database('guestlist.mail').whereIn('to_address', ['late@example.org', 'lost@example.org']).delete();
  });

  it('knows when a worker did its last round, and what it has given up', async () => {
    const { database, connection } = server;
    await installJobs({ connection, database, log: createLog('silent'), sendsMail: false });
    const round = (ago: string) =>
      database.raw(
        `insert into guestlist_jobs._private_known_crontabs (identifier, known_since, last_execution)
        values ('sweep', now(), now() - cast(:ago as interval)) on conflict (identifier) do update set last_execution = excluded.last_execution`,
        { ago },
      );
    const told = async () => (await doctor(settingsBeside(server))).findings.find(({ name }) => name === 'jobs');
    expect(await told()).toMatchObject({ status: 'warn', message: 'No worker has ever run on this database.' });
    // In its first minutes it has begun, and done no round yet.
    await database.raw(
      `insert into guestlist_jobs._private_known_crontabs (identifier, known_since) values ('sweep', now() - interval '3 minutes')`,
    );
    expect(await told()).toMatchObject({ status: 'ok', message: 'A worker began 3 minutes ago, and no job waits for long.' });
    await round('5 minutes');
    expect((await doctor(settingsBeside(server))).status('jobs')).toBe('ok');
    await round('2 hours');
    expect((await doctor(settingsBeside(server))).status('jobs')).toBe('fail');
    await round('5 minutes');
    await database.raw(`select guestlist_jobs.add_job('sweep', run_at := now() - interval '1 hour')`);
    expect((await doctor(settingsBeside(server))).findings.find(({ name }) => name === 'jobs')?.message).toMatch(
      /oldest job waits for \d+ minutes/,
    );
    await database.raw('drop schema guestlist_jobs cascade');
  });

  it('settings that are wrong are all it can tell; a database that is away does not hide the rest', async () => {
    const wrong = await doctor({ ...settingsBeside(server), PORT: 'abc', ISSUER: 'https://id.example.org/' });
    expect(wrong.findings.map(({ name, status, message }) => [name, status, message])).toEqual([
      ['settings', 'fail', 'PORT must be a number'],
      ['settings', 'fail', 'ISSUER must not end with a slash'],
    ]);
    const away = await doctor({ ...settingsBeside(server), DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:9/x' });
    expect([away.status('database'), away.status('issuer')]).toEqual(['fail', 'ok']);
    expect(JSON.stringify(away)).not.toContain('hunter2');
  });
});

describe('of a server elsewhere', () => {
  it('asks what can be seen from here', async () => {
    const told = await doctor(await settingsFor('against a server', server));
    expect(told.findings.map(({ name, status }) => [name, status])).toEqual([
      ['issuer', 'ok'],
      ['tls', 'warn'],
      ['clock', 'ok'],
      ['keys', 'ok'],
      ['mail queue', 'ok'],
      ['given-up mail', 'ok'],
      ['smtp', 'warn'],
    ]);
  });

  it('a token that is good for less hides only what it is not good for', async () => {
    const told = await doctor(await settingsFor('against a server', server, 'mail:read'));
    expect([told.status('keys'), told.status('mail queue'), told.status('issuer')]).toEqual(['fail', 'ok', 'ok']);
    expect(told.findings.find(({ name }) => name === 'keys')?.advice).toMatch(/keys:read/);
  });
});

describe('each check', () => {
  const closing: (() => void)[] = [];
  afterEach(() => {
    for (const close of closing.splice(0)) close();
  });

  function listen(started: Server, protocol: string): Promise<string> {
    closing.push(() => started.close());
    return new Promise((resolve) =>
      started.listen(0, '127.0.0.1', () => resolve(`${protocol}://127.0.0.1:${(started.address() as AddressInfo).port}`)),
    );
  }

  const byName = (findings: readonly Finding[]) => Object.fromEntries(findings.map((finding) => [finding.name, finding]));
  const examine = async (issuer: string) => byName(await runChecks(issuerChecks(issuer, { clock: systemClock, production: true })));

  it('has a time limit, and fails by itself', async () => {
    const findings = await runChecks([
      { name: 'hangs', limitMs: 50, run: () => new Promise(() => undefined) },
      { name: 'throws', run: () => Promise.reject(new Error('no')), advice: 'Mend it.' },
      { name: 'fine', run: async () => ({ name: 'fine', status: 'ok', message: 'Yes.' }) },
    ]);
    expect(findings).toEqual([
      { name: 'hangs', status: 'fail', message: 'there is no answer after 0.05 seconds' },
      { name: 'throws', status: 'fail', message: 'no', advice: 'Mend it.' },
      { name: 'fine', status: 'ok', message: 'Yes.' },
    ]);
  });

  it('notices an issuer of another name, and a clock that is off', async () => {
    const issuer = await listen(
      createHttpServer((_, response) => {
        const date = new Date(systemClock().getTime() - 120_000).toUTCString();
        response.writeHead(200, { date, 'content-type': 'application/json' }).end('{"issuer":"https://other.example"}');
      }),
      'http',
    );
    const told = await examine(issuer);
    expect(told['issuer']).toMatchObject({ status: 'fail', message: `${issuer} says that it is https://other.example.` });
    expect(told['clock']).toMatchObject({ status: 'fail', message: expect.stringMatching(/differ by 1(19|2\d) seconds/) });
    expect(told['tls']?.status).toBe('fail');
  });

  it('says what is wrong with a certificate, and waits for nobody who does not speak TLS', async () => {
    const folder = mkdtempSync(joinPath(tmpdir(), 'guestlist-doctor-'));
    closing.push(() => rmSync(folder, { recursive: true }));
    const [key, cert] = [joinPath(folder, 'key.pem'), joinPath(folder, 'cert.pem')];
    const request = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '5',
      '-subj',
      '/CN=localhost',
    ];
    execFileSync('openssl', [...request, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const started = createHttpsServer({ key: readFileSync(key), cert: readFileSync(cert) });
    expect((await examine(await listen(started, 'https')))['tls']).toMatchObject({
      status: 'fail',
      message: expect.stringMatching(/not good: .*SELF_SIGNED|self.signed/i),
    });
    const rude = createSocketServer((socket) => void socket.end('220 mail.example\r\n'));
    expect((await examine(await listen(rude, 'https')))['tls']?.status).toBe('fail');
  });

  it('knows which records a domain publishes, and what to publish', async () => {
    const texts: Readonly<Record<string, readonly string[]>> = { 'example.org': ['v=spf1 mx ~all'], '_dmarc.example.org': [] };
    const findings = await runChecks([
      dnsCheck({
        from: 'Choir <choir@example.org>',
        host: 'smtp.example.net',
        lookUp: async (name) => texts[name] ?? Promise.reject(new Error('no answer')),
      }),
    ]);
    expect(findings.map(({ name, status }) => [name, status])).toEqual([
      ['dns spf', 'ok'],
      ['dns dkim', 'warn'],
      ['dns dmarc', 'warn'],
    ]);
    expect(findings[2]?.advice).toBe('Publish as TXT: v=DMARC1; p=quarantine; rua=mailto:postmaster@example.org');
  });

  const now = new Date('2030-05-01T12:00:00Z');
  const ago = (days: number) => new Date(now.getTime() - days * 86_400_000);
  const key = (days: number) => ({ algorithm: 'RS256', state: 'signing', signsFrom: ago(days), signsUntil: null }) as const;

  it.each([
    [[], 90, 'fail'],
    [[key(10)], 90, 'ok'],
    [[key(10), key(100)], 90, 'warn'],
    [[key(100)], 0, 'ok'],
    [[key(400)], 0, 'warn'],
  ] as const)('keys of %j, rotated after %i days: %s', (keys, rotationDays, status) => {
    expect(judgeKeys(keys, { rotationDays, now }).status).toBe(status);
  });

  it.each([
    [0, undefined, 'ok'],
    [3, new Date(now.getTime() - 60_000), 'ok'],
    [3, new Date(now.getTime() - 20 * 60_000), 'warn'],
    [3, ago(1), 'fail'],
  ] as const)('%i mails wait since %s: %s', (waiting, oldestDue, status) => {
    expect(judgeQueue({ waiting, oldestDue, failed: 0 }, now)[0]?.status).toBe(status);
    expect(failedSince(now)).toEqual(ago(7));
  });

  it('a long secret of few characters is not a good one', () => {
    expect(bitsOf('a'.repeat(64))).toBe(0);
    expect(bitsOf('abab'.repeat(16))).toBeLessThan(128);
    expect(bitsOf(secureRandom(32).toString('base64'))).toBeGreaterThan(128);
  });
});

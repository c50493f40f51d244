/**
 * Whether the time of an answer tells who has an account (M1): our server with its jobs and a mail server, on its embedded
 * PostgreSQL, asked about known and unknown addresses in turn. Prints medians and how much they differ; ends with 1 if that
 * is 5 % or more. Limits on tries stay as they are: every address is used once a form, from a place of its own.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { insertAccount } from '../../src/account/store.ts';
import { addGroup } from '../../src/group/manage.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { Database } from '../../src/lib/db.ts';
import { newId, secureRandom } from '../../src/lib/random.ts';
import { readConfig } from '../../src/server/config.ts';
import { createLog } from '../../src/server/log.ts';
import { type Started, startServer } from '../../src/server/start.ts';
import { type At, codeWanted, forgotten, invitationWanted, type Ready, registering, signingIn } from '../journeys/asking.ts';
import { type MailServer, parse, startMailServer } from '../mail/mail-server.ts';

const tries = 200;
const warmUps = 10;
const bound = 5;

const tools = { clock: systemClock, random: secureRandom };
const port = 41_787;
const issuer = `http://localhost:${port}`;

type Kind = 'known' | 'unknown';
type Place = { readonly database: Database; readonly mailServer: MailServer; readonly url: string };

const address = (kind: Kind, number: number) => `${kind === 'known' ? 'k' : 'u'}${String(number).padStart(4, '0')}@example.org`;

/** The code that was mailed to somebody. */
async function codeOf({ arrived }: MailServer, email: string): Promise<string> {
  for (;;) {
    const found = arrived.findLast(({ recipients }) => recipients.includes(email));
    const code = found && (await parse(found)).text?.match(/\b\d{3}\s?\d{3}\b/)?.[0];
    if (code) return code.replace(/\s/g, '');
    await sleep(10);
  }
}

let newcomers = 0;

const forms: Readonly<Record<string, (at: At, place: Place) => Promise<Ready>>> = {
  'forgotten password': (at) => forgotten(at),
  'code at registration': (at, { url }) => codeWanted(at, url),
  registration: (at, { url, mailServer }) => {
    newcomers += 1;
    return registering(at, { url, proven: `own${newcomers}@example.org`, codeOf: (email) => codeOf(mailServer, email) });
  },
  'asking to be invited': (at) => invitationWanted(at, 'choir'),
  'sign-in': (at, { url }) => signingIn(at, url),
};

/** So that nothing that an earlier try has caused is still under way. */
async function untilQuiet({ database }: Place): Promise<void> {
  for (;;) {
    const { rows } = await database.raw(`select
      (select count(*) from guestlist.mail where sent_at is null and cancelled_at is null and failed_at is null) +
      (select count(*) from guestlist_jobs.jobs where run_at <= now()) as open`);
    if (Number(rows[0].open) === 0) break;
    await sleep(5);
  }
  await sleep(10);
}

async function measure(place: Place, open: (typeof forms)[string]): Promise<Readonly<Record<Kind, number[]>>> {
  const times = { known: [] as number[], unknown: [] as number[] };
  for (let number = 0; number < warmUps + tries; number += 1) {
    // Who comes first takes turns as well.
    for (const kind of number % 2 === 0 ? (['known', 'unknown'] as const) : (['unknown', 'known'] as const)) {
      const ip = `10.${kind === 'known' ? 1 : 2}.${Math.floor(number / 250)}.${number % 250}`;
      const form = await open({ issuer, place: ip }, place);
      await untilQuiet(place);
      const { ms, status } = await form.send(address(kind, number));
      if (![200, 303, 422].includes(status)) throw new Error(`the answer was ${status}`);
      if (number >= warmUps) times[kind].push(ms);
    }
  }
  return times;
}

function median(times: readonly number[]): number {
  const sorted = [...times].sort((one, other) => one - other);
  return ((sorted[(sorted.length - 1) >> 1] ?? Number.NaN) + (sorted[sorted.length >> 1] ?? Number.NaN)) / 2;
}

const apart = (one: number, other: number) => (100 * (one - other)) / other;

function report(name: string, { known, unknown }: Readonly<Record<Kind, readonly number[]>>): boolean {
  const difference = apart(median(known), median(unknown));
  // What two halves of the same differ by is what the machine does by itself.
  const noise = apart(median(unknown.filter((_, index) => index % 2 === 0)), median(unknown.filter((_, index) => index % 2 === 1)));
  // Whatever else the machine does comes and goes more slowly than the two of a pair follow each other.
  const pairs = (100 * median(known.map((time, index) => time - (unknown[index] ?? Number.NaN)))) / median(unknown);
  const ms = (times: readonly number[]) => `${median(times).toFixed(2)} ms`;
  const percent = (number: number) => `${number.toFixed(1)} %`;
  const figures = `known ${ms(known)}, unknown ${ms(unknown)}, apart ${percent(difference)}`;
  process.stdout.write(`${name.padEnd(22)} ${figures} (in pairs ${percent(pairs)}; unknown against itself ${percent(noise)})\n`);
  return Math.abs(difference) < bound;
}

/** Accounts whose addresses are proven. Their password is hashed as passwords are. */
async function addPeople({ app, database }: Started): Promise<string> {
  const { guestlist } = app;
  await addGroup(database, { slug: 'choir', name: 'Kammerchor Nord', description: 'Sings', rights: [] }, tools);
  const { id: invitationId, url } = await guestlist.invite({ groups: ['choir'], maxUses: 10_000 });
  await guestlist.requests.open('choir');
  const { createPasswords } = await import('../../src/account/password.ts');
  const { deriveKey } = await import('../../src/lib/seal.ts');
  const passwords = await createPasswords({ pepper: deriveKey(secret, 'password pepper') });
  const passwordHash = await passwords.hash('correct horse battery staple seven');
  await database.transaction(async (trx) => {
    for (let number = 0; number < warmUps + tries; number += 1) {
      const now = systemClock();
      const person = { id: newId(now, secureRandom), name: 'Ada Park', email: address('known', number) };
      await insertAccount(trx, { ...person, emailVerifiedAt: now, passwordHash, createdAt: now, invitationId });
    }
  });
  return url;
}

const secret = 'a secret for benchmarks, 32 characters or more';

async function main(): Promise<void> {
  const parent = await mkdtemp(join(tmpdir(), 'guestlist-bench-'));
  // As root, the database runs as another user, who has to pass through.
  await chmod(parent, 0o711);
  const mailServer = await startMailServer();
  const environment = { PORT: String(port), DATA_DIR: join(parent, 'data'), GUESTLIST_SECRET: secret, TRUST_PROXY: '1' };
  const config = readConfig({ ...environment, SMTP_URL: mailServer.url, MAIL_FROM: 'choir@example.org' });
  const started = await startServer({ config, ...tools, log: createLog('silent'), trustedOrigins: [] });
  try {
    const place = { database: started.database, mailServer, url: await addPeople(started) };
    const [cpu] = cpus();
    process.stdout.write(
      `${tries} tries each, in turn; Node ${process.version}, ${availableParallelism()} cores of ${cpu?.model ?? 'unknown'}\n`,
    );
    const only = process.argv[2];
    const chosen = Object.entries(forms).filter(([name]) => only === undefined || name.includes(only));
    const verdicts: boolean[] = [];
    for (const [name, open] of chosen) verdicts.push(report(name, await measure(place, open)));
    if (verdicts.includes(false)) process.exitCode = 1;
  } finally {
    await started.stop();
    await mailServer.close();
    await rm(parent, { recursive: true, force: true });
  }
}

await main();

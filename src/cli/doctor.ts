/** `guestlist doctor`: whether all is well, from the settings to the mail that arrives, and what to do where it is not. */
import type { Command } from 'commander';
import { type Client, each } from '../admin/http-client.ts';
import { systemClock } from '../lib/clock.ts';
import { createLookUp } from '../mail/records.ts';
import { type Config, ConfigError, readConfig } from '../server/config.ts';
import { firstOf, withCalls } from './calls.ts';
import { ending, examples, type OutputOptions, print } from './command.ts';
import { databaseChecks, openAsItIs } from './doctor-database.ts';
import { type Check, type Finding, reasonOf, runChecks, within } from './doctor-check.ts';
import { issuerChecks } from './doctor-issuer.ts';
import { failedSince, judgeKeys, judgeQueue } from './doctor-judge.ts';
import { dnsCheck, smtpCheck } from './doctor-mail.ts';
import { secretOf, settingChecks } from './doctor-settings.ts';
import { remoteSettings } from './remote.ts';
import { visible } from './visible.ts';

export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('see whether all is well, and what to do; ends with 1 if something is not')
    .option('--json', 'answer in JSON')
    .addHelpText('after', `\nWith GUESTLIST_URL it asks what can be seen of that server from here.\n${examples('doctor', 'doctor --json')}`)
    .action(ending(doctor));
}

async function doctor(options: OutputOptions): Promise<void> {
  const remote = remoteSettings(process.env);
  const findings = remote ? await withCalls(({ api }) => runChecks(checksOf(api, remote.url))) : await examineHere();
  const isWell = findings.every(({ status }) => status !== 'fail');
  const count = (status: Finding['status']) => findings.filter((finding) => finding.status === status).length;
  const figures = `${count('ok')} are well, ${count('warn')} could be better, ${count('fail')} are not well.`;
  print(options, { value: { ok: isWell, findings }, lines: [...findings.flatMap(linesOf), '', figures] });
  if (!isWell) process.exitCode = 1;
}

function linesOf({ name, status, message, advice }: Finding): string[] {
  return [`${status.padEnd(4)}  ${name}: ${visible(message)}`, ...(advice === undefined ? [] : [`      → ${visible(advice)}`])];
}

async function examineHere(): Promise<Finding[]> {
  const config = settings();
  if (Array.isArray(config)) return config;
  const { production, issuer, smtp } = config as Config;
  const host = smtp && new URL(smtp.url).hostname;
  const around = runChecks([
    ...issuerChecks(issuer, { clock: systemClock, production }),
    smtpCheck({ smtp, production }),
    ...(smtp ? [dnsCheck({ from: smtp.from, host, lookUp: createLookUp() })] : []),
  ]);
  return [...(await runChecks(settingChecks(config as Config))), ...(await examineDatabase(config as Config)), ...(await around)];
}

/** All that is wrong with them, at once. */
function settings(): Config | Finding[] {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const complaints = error.message.split('\n').slice(1);
    return complaints.map((line) => ({
      name: 'settings',
      status: 'fail',
      message: line.trim(),
      advice: 'Set it right: nothing starts before.',
    }));
  }
}

async function examineDatabase(config: Config): Promise<Finding[]> {
  try {
    const { database, close } = await within(60_000, () => openAsItIs(config));
    try {
      return await runChecks(databaseChecks({ database, config, secret: secretOf(config) }));
    } finally {
      await within(10_000, close).catch(() => undefined);
    }
  } catch (error) {
    const advice = 'See DATABASE_URL, and whether PostgreSQL runs and lets us in; or DATA_DIR for the embedded one.';
    return [{ name: 'database', status: 'fail', message: reasonOf(error), advice }];
  }
}

/** Of a server elsewhere: what it shows to everybody, and what it tells whoever has the token. */
function checksOf(api: Client, issuer: string): Check[] {
  const advice = 'The token needs the scopes keys:read, mail:read and settings:read.';
  const known = api.getSettings().then(({ facts }) => facts);
  // Told by whichever check waits for it.
  known.catch(() => undefined);
  return [
    ...issuerChecks(issuer, { clock: systemClock, production: !/^http:/.test(issuer) }),
    {
      name: 'keys',
      advice,
      run: async () => {
        const { items } = await api.listKeys();
        const keys = items.map(({ signsFrom, signsUntil, ...key }) => ({
          ...key,
          signsFrom: new Date(signsFrom),
          signsUntil: signsUntil === null ? null : new Date(signsUntil),
        }));
        return judgeKeys(keys, { rotationDays: (await known).keyRotationDays, now: systemClock() });
      },
    },
    { name: 'mail queue', advice, limitMs: 30_000, run: async () => judgeQueue(await queueOf(api), systemClock()) },
    {
      name: 'dns',
      advice,
      run: async () => {
        const { mailFrom, mailHost } = await known;
        if (mailFrom === null)
          return { name: 'smtp', status: 'warn', message: 'That server sends no mail.', advice: 'Set SMTP_URL and MAIL_FROM there.' };
        return runChecks([dnsCheck({ from: mailFrom, host: mailHost ?? undefined, lookUp: createLookUp() })]);
      },
    },
  ];
}

const mostLooked = 1_000;

async function queueOf(api: Client) {
  const now = systemClock();
  const waiting = await firstOf(
    each((query) => api.listMails({ query: { ...query, state: 'waiting', limit: 200 } })),
    mostLooked,
  );
  const createdAfter = failedSince(now).toISOString();
  const failed = await firstOf(
    each((query) => api.listMails({ query: { ...query, state: 'failed', createdAfter, limit: 200 } })),
    mostLooked,
  );
  const due = waiting.map(({ nextAttemptAt, queuedAt }) => new Date(nextAttemptAt ?? queuedAt)).filter((at) => at <= now);
  const [oldestDue] = due.sort((one, other) => one.getTime() - other.getTime());
  return { waiting: waiting.length, oldestDue, failed: failed.length };
}

/** `guestlist start`: runs until it is told to stop. */
import type { Command } from 'commander';
import { systemClock } from '../lib/clock.ts';
import { secureRandom } from '../lib/random.ts';
import { type Config, readConfig } from '../server/config.ts';
import { createLog } from '../server/log.ts';
import { type Started, startServer } from '../server/start.ts';
import { ending } from './command.ts';
import { type Demo, demoUrl, startDemo } from './demo.ts';
import { untilTold } from './until-told.ts';

export function addStartCommand(program: Command): void {
  program
    .command('start')
    .description('run the server')
    .option('--demo', 'with a demo app and something to try; not in production')
    .option('--no-worker', 'leave mail and clean-up to others, see guestlist worker')
    .action(ending(start));
}

type StartFlags = { readonly demo?: boolean; readonly worker: boolean };

async function start({ demo: wantsDemo = false, worker }: StartFlags): Promise<void> {
  const settings = readConfig(process.env);
  const config = { ...settings, worker: settings.worker && worker };
  const withDemo = wantsDemo && !config.production;
  if (wantsDemo && !withDemo) process.stderr.write('--demo is for development: it is left out in production.\n');
  const tools = { config, clock: systemClock, random: secureRandom };
  const started = await startServer({ ...tools, log: createLog(config.logLevel), trustedOrigins: withDemo ? [demoUrl(config)] : [] });
  try {
    const demo = withDemo ? await startDemo(started, tools) : undefined;
    process.stdout.write(greeting(config, started, demo));
    await untilTold();
    await demo?.stop();
  } finally {
    await started.stop();
  }
}

function greeting({ issuer, databaseUrl, dataDir }: Config, { adminUrl, mailboxUrl }: Started, demo: Demo | undefined): string {
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['Issuer', issuer],
    ['First admin', adminUrl && `${adminUrl}   (one hour, once)`],
    ['Try it: invitation', demo?.invitationUrl],
    ['Try it: demo app', demo?.baseUrl],
    ['Mailbox', mailboxUrl],
    ['Data', databaseUrl ? 'PostgreSQL of DATABASE_URL' : `embedded PostgreSQL in ${dataDir}`],
  ];
  const shown = lines.flatMap(([label, text]) => (text ? [`  ${label.padEnd(20)}${text}\n`] : []));
  return `\nGuestlist is running. Stop it with Ctrl-C.\n\n${shown.join('')}\n`;
}

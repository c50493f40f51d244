/** `guestlist worker`: sends mail, tells apps, cleans up, and answers nobody. Any number of them, beside any number of servers. */
import type { Command } from 'commander';
import { systemClock } from '../lib/clock.ts';
import { secureRandom } from '../lib/random.ts';
import { readConfig } from '../server/config.ts';
import { createLog } from '../server/log.ts';
import { startWorker } from '../server/start.ts';
import { ending } from './command.ts';
import { untilTold } from './until-told.ts';

export function addWorkerCommand(program: Command): void {
  program
    .command('worker')
    .description('send mail, tell apps of logouts and clean up, without answering requests; goes with: guestlist start --no-worker')
    .action(ending(work));
}

async function work(): Promise<void> {
  const config = readConfig(process.env);
  const worker = await startWorker({ config, clock: systemClock, random: secureRandom, log: createLog(config.logLevel) });
  try {
    const mail = config.smtp ? 'It sends mail' : 'Mail stays where it is, for there is no SMTP_URL';
    process.stdout.write(`The worker of ${config.issuer} is running. ${mail}. Stop it with Ctrl-C.\n`);
    await untilTold();
  } finally {
    await worker.stop();
  }
}

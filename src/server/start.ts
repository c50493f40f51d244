/**
 * The running server: database, keys, application, socket, jobs. Owns the order of starting and stopping: what is
 * started last is stopped first, and requests under way are finished.
 */
import type { Clock } from '../lib/clock.ts';
import type { Database } from '../lib/db.ts';
import type { EmbeddedEvent } from '../lib/embedded-postgres.ts';
import type { Random } from '../lib/random.ts';
import { createSeal } from '../lib/seal.ts';
import { loadKeys } from '../oidc/keys.ts';
import { tendKeys } from '../oidc/rotation.ts';
import { type App, createApp } from './app.ts';
import { settingsFor } from './settings.ts';
import { openAppNews } from './app-news.ts';
import { hasAdmin, inviteAdmin } from './bootstrap.ts';
import type { Config } from './config.ts';
import { openServerDatabase, type ServerDatabase } from './database.ts';
import { createGuestlist } from './guestlist.ts';
import { concurrency, type Jobs, startJobs } from './jobs.ts';
import { listenOn, type Stop } from './listen.ts';
import type { Log } from './log.ts';
import { openPost } from './post.ts';
import { serverSecret } from './secret.ts';

export type StartOptions = {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** See `AppOptions`. */
  readonly trustedOrigins: readonly string[];
};

export type Started = {
  readonly app: App;
  readonly database: Database;
  readonly secret: string;
  /** Undefined if there is an admin already. */
  readonly adminUrl: string | undefined;
  readonly mailboxUrl: string | undefined;
  stop(): Promise<void>;
};

/** Throws `EmbeddedBusyError`, `WrongSecret`, `PortBusy`; then nothing is left running. */
export async function startServer(options: StartOptions): Promise<Started> {
  const stops: Stop[] = [];
  const stop = async () => {
    for (const step of stops.splice(0).reverse()) await step().catch((error: unknown) => options.log.error({ error }, 'stopping'));
  };
  try {
    return { ...(await startParts(options, stops)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(options: StartOptions, stops: Stop[]): Promise<Omit<Started, 'stop'>> {
  const { config, clock, random, log, trustedOrigins } = options;
  // First, because it makes the data folder, or says why it cannot.
  const opened = await openServerDatabase(config, { role: 'server', onEvent: (event) => logEvent(log, event) });
  stops.push(opened.close);
  const secret = serverSecret(config, random);
  const { database } = opened;
  const showsMailbox = !config.production && !config.smtp && isLoopback(config.issuer);
  const app = await createApp({
    ...config,
    database,
    clock,
    random,
    secret,
    log,
    showsMailbox,
    trustedOrigins,
    newcomersProveEmail: config.smtp !== undefined,
  });
  stops.push(await listenOn(app.listener, config.port));
  if (config.worker) {
    // Nobody waits for the jobs, least of all the first visitor.
    const jobs = startJobsOf(options, opened, secret).catch((error: unknown) => void log.error({ error }, 'the jobs did not start'));
    stops.push(async () => (await jobs)?.stop());
  }
  const adminUrl = (await hasAdmin({ database, clock })) ? undefined : (await inviteAdmin(app.guestlist, { database, clock })).url;
  return { app, database, secret, adminUrl, mailboxUrl: showsMailbox ? `${config.issuer}/mailbox` : undefined };
}

export type WorkerOptions = Omit<StartOptions, 'trustedOrigins'>;

/** The jobs alone, beside any number of servers or of its like. Throws `WrongSecret`; then nothing is left running. */
export async function startWorker(options: WorkerOptions): Promise<Pick<Started, 'stop'>> {
  const { config, clock, random } = options;
  // On the embedded database it joins the server that runs there.
  const opened = await openServerDatabase(config, { role: 'command', onEvent: (event) => logEvent(options.log, event) });
  try {
    const secret = serverSecret(config, random);
    await loadKeys({ database: opened.database, seal: createSeal(secret, random), clock, random });
    const jobs = await startJobsOf({ ...options, trustedOrigins: [] }, opened, secret);
    const stop = async () => {
      await jobs.stop();
      await opened.close();
    };
    return { stop };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function startJobsOf({ config, ...tools }: StartOptions, { connection, database }: ServerDatabase, secret: string): Promise<Jobs> {
  const { smtp, issuer } = config;
  const settings = settingsFor({ ...config, ...tools, database });
  const post = smtp && openPost({ ...tools, smtp, issuer, settings, secret, database, connectionCount: concurrency });
  const { remind, campaigns } = createGuestlist({ ...tools, issuer, settings, secret, database });
  const knowing =
    <Arguments extends readonly unknown[], Result>(work: (...given: Arguments) => Promise<Result>) =>
    async (...given: Arguments) => {
      await settings.refresh();
      return work(...given);
    };
  const { keyRotationDays: rotationDays } = config;
  const seal = createSeal(secret, tools.random);
  const news = await openAppNews({ ...tools, issuer, secret, database });
  return startJobs({
    ...tools,
    connection,
    database,
    post,
    remind: knowing(remind),
    makeCampaigns: knowing(campaigns.runDue),
    news,
    tendKeys: () => tendKeys({ ...tools, database, seal }, { rotationDays }),
  });
}

/** Mails are for their readers: whoever reaches a server by another name may be anybody. */
function isLoopback(issuer: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(new URL(issuer).hostname);
}

/** That the database was lost and is back again is for the operator to see; that it was made is not news. */
function logEvent(log: Log, event: EmbeddedEvent): void {
  const level = event.type === 'created' || event.type === 'waiting' ? 'info' : 'warn';
  log[level]({ event }, 'database');
}

/**
 * The running server: database, keys, application, sockets, jobs, and in development the demo app. Owns the order of
 * starting and stopping: what is started last is stopped first, and requests under way are finished.
 */
import { createServer, type RequestListener, type Server } from 'node:http';
import { createDemoApp } from '../demo/app.ts';
import type { Clock } from '../lib/clock.ts';
import { type Random } from '../lib/random.ts';
import { createSeal } from '../lib/seal.ts';
import { type App, createApp } from './app.ts';
import { hasAdmin, inviteAdmin } from './bootstrap.ts';
import type { Config } from './config.ts';
import { openServerDatabase, type ServerDatabase } from './database.ts';
import { demoClientId, inviteToDemo, setUpDemo } from './demo-setup.ts';
import { type Jobs, startJobs } from './jobs.ts';
import type { Log } from './log.ts';
import { serverSecret } from './secret.ts';

export type StartOptions = { readonly config: Config; readonly demo: boolean; readonly clock: Clock; readonly random: Random; readonly log: Log };

export type Started = {
  readonly issuer: string;
  /** Undefined if there is an admin already. */
  readonly adminUrl: string | undefined;
  readonly demo: { readonly baseUrl: string; readonly invitationUrl: string } | undefined;
  readonly mailboxUrl: string | undefined;
  stop(): Promise<void>;
};

type Stop = () => Promise<unknown>;

/** Throws `EmbeddedBusyError`, `WrongSecret`, `PortBusy`; then nothing is left running. */
export async function startServer(options: StartOptions): Promise<Started> {
  const { config, clock, random, log } = options;
  const stops: Stop[] = [];
  const stop = async () => {
    for (const step of stops.splice(0).reverse()) await step().catch((error: unknown) => log.error({ error }, 'stopping'));
  };
  try {
    const secret = serverSecret(config, random);
    const opened = await openServerDatabase(config, { role: 'server', onEvent: (event) => log.info({ event }, 'database') });
    stops.push(opened.close);
    const demoBaseUrl = options.demo ? demoUrl(config) : undefined;
    const app = await createApp({
      ...config, database: opened.database, clock, random, secret, log, showsMailbox: !config.production,
      trustedOrigins: demoBaseUrl ? [demoBaseUrl] : [],
    });
    stops.push(await listenOn(app.listener, config.port));
    const jobs = startJobs({ ...opened, clock, log }).catch((error: unknown) => void log.error({ error }, 'the jobs did not start'));
    stops.push(async () => ((await jobs) as Jobs | undefined)?.stop());
    const demo = demoBaseUrl ? await startDemo({ ...options, app, opened, secret, baseUrl: demoBaseUrl, stops }) : undefined;
    const adminUrl = (await hasAdmin({ ...opened, clock })) ? undefined : (await inviteAdmin(app.guestlist, { ...opened, clock })).url;
    const mailboxUrl = config.production ? undefined : `${config.issuer}/mailbox`;
    return { issuer: config.issuer, adminUrl, demo, mailboxUrl, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** On the issuer's host, one port further: browsers must reach it as they reach us. */
function demoUrl({ issuer, port }: Config): string {
  return `http://${new URL(issuer).hostname}:${port + 1}`;
}

type Demo = StartOptions & { readonly app: App; readonly opened: ServerDatabase; readonly secret: string; readonly baseUrl: string; readonly stops: Stop[] };

async function startDemo({ config, clock, random, app, opened, secret, baseUrl, stops }: Demo) {
  const seal = createSeal(secret, random);
  const { clientSecret } = await setUpDemo({ database: opened.database, clock, random, seal, baseUrl });
  const demo = createDemoApp({ issuer: config.issuer, clientId: demoClientId, clientSecret, baseUrl, clock });
  stops.push(await listenOn(demo.callback(), config.port + 1));
  return { baseUrl, invitationUrl: await inviteToDemo(app.guestlist) };
}

export class PortBusy extends Error {
  constructor(port: number) {
    super(`Port ${port} is in use. Choose another one with PORT.`);
    this.name = 'PortBusy';
  }
}

/** How long requests under way may take to finish. */
const graceMs = 5_000;

async function listenOn(listener: RequestListener, port: number): Promise<Stop> {
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 15_000 }, listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'EADDRINUSE' ? new PortBusy(port) : error));
    server.listen(port, resolve);
  });
  return () => closeGently(server);
}

function closeGently(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const last = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(last);
      resolve();
    });
    server.closeIdleConnections();
  });
}


/** The mail of our own server as it runs: jobs with a post, on the database of a test server, and what they have logged. */
import { secureRandom } from '../../src/lib/random.ts';
import { type Jobs, startJobs } from '../../src/server/jobs.ts';
import { createLog } from '../../src/server/log.ts';
import { openPost } from '../../src/server/post.ts';
import { createLiveSettings } from '../../src/setting/live.ts';
import { testSecret } from '../support/mail.ts';
import type { TestServer } from '../support/server.ts';

export type Posting = {
  readonly log: string[];
  /** What was logged about mails, in order. */
  tried(): Readonly<Record<string, unknown>>[];
  stop(): Promise<void>;
};

type Place = Pick<TestServer, 'database' | 'connection' | 'issuer' | 'now'>;

export async function startPosting({ database, connection, issuer, now }: Place, url: string): Promise<Posting> {
  const lines: string[] = [];
  const log = createLog('debug', { write: (line) => void lines.push(line) });
  const smtp = { url, from: 'Choir <choir@example.org>' };
  const tools = { database, clock: now, log };
  const defaults = { brand: 'Guestlist', support: undefined, terms: undefined, privacy: undefined };
  const settings = createLiveSettings({ ...tools, defaults });
  const post = openPost({ ...tools, smtp, random: secureRandom, issuer, secret: testSecret, settings, connectionCount: 3 });
  const jobs: Jobs = await startJobs({ ...tools, connection, post });
  return {
    log: lines,
    tried: () => lines.map((line) => JSON.parse(line)).filter(({ mail }) => mail !== undefined),
    stop: jobs.stop,
  };
}

/** What else happens each minute. */
export async function lookForDueMail({ database }: Pick<Place, 'database'>): Promise<void> {
  await database.raw(`select guestlist_jobs.add_job('mails')`);
}

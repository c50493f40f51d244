/**
 * The mail of our own server: what `mail/deliver.ts` needs to send it, to log what came of it, and to tell an inviter
 * that a mail of theirs reached nobody. When it is sent is the business of `jobs.ts`.
 */
import { findPerson } from '../account/find-account.ts';
import { tellOfFailure } from '../invitation/given-up.ts';
import { basePath, ownUrl } from '../invitation/host.ts';
import type { InvitationMails } from '../invitation/pages.ts';
import type { Clock } from '../lib/clock.ts';
import type { Database } from '../lib/db.ts';
import { createRenderer } from '../lib/page.ts';
import type { Random } from '../lib/random.ts';
import { createSeal } from '../lib/seal.ts';
import { type Delivery, deliverMail, deliverOne, type Tried } from '../mail/deliver.ts';
import { openSmtp, type SmtpOptions } from '../mail/smtp.ts';
import { type LiveSettings, liveOptionsOf } from '../setting/live.ts';
import type { Log } from './log.ts';

export type Post = {
  /** Everything that is due, as long as `isEnough` does not say so. */
  deliverDue(isEnough: () => boolean): Promise<void>;
  /** This one, if it is due. */
  deliver(id: string): Promise<void>;
  /** By force: also what is being sent; it is tried again. */
  close(options?: { readonly force: boolean }): Promise<void>;
};

export type PostOptions = {
  readonly smtp: SmtpOptions;
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly issuer: string;
  readonly secret: string;
  readonly settings: LiveSettings;
  readonly log: Log;
  /** At the most; whoever calls sends no more at the same time. */
  readonly connectionCount: number;
};

export function openPost(options: PostOptions): Post {
  const { smtp, database, clock, random, issuer, secret, log, connectionCount, settings } = options;
  const { send, close } = openSmtp(smtp, connectionCount);
  const seal = createSeal(secret, random);
  const render = createRenderer({ ...liveOptionsOf(settings), base: basePath(issuer) }).render<InvitationMails>();
  const host = { random, issuer, home: ownUrl(issuer, '/'), person: findPerson, render, seal };
  const delivery: Delivery = {
    clock,
    issuer,
    seal,
    // What a mail server says names the recipient: the log has `onTried`.
    onError: () => undefined,
    onTried: (tried) => logTried(log, tried),
    onGivenUp: (trx, mail) => tellOfFailure(host, trx, mail),
  };
  return {
    deliverDue: async (isEnough) => {
      await settings.refresh();
      await deliverMail(database, send, { ...delivery, isEnough });
    },
    deliver: async (id) => {
      await settings.refresh();
      await deliverOne(database, send, { ...delivery, id });
    },
    close,
  };
}

/** Never the address, and nothing of what it says. */
function logTried(log: Log, { id, kind, outcome, answer }: Tried): void {
  const level = outcome === 'postponed' || outcome === 'failed' ? 'warn' : 'info';
  log[level]({ mail: id, kind, outcome, answer }, `mail ${outcome}`);
}

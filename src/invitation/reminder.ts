/**
 * Reminders of invitations that nobody has answered. Owns the rule when one is due and the round that sends them: any
 * number of processes may do it at once, and none of them reminds twice. What ends soon is told in the same round
 * (`ending.ts`). A reminder carries a further token of the same mail channel, for only digests are kept: every link that
 * was mailed before goes on working, and all die together.
 */
import { recordAudit } from '../audit/audit.ts';
import { addSeconds } from '../lib/clock.ts';
import { inTransaction } from '../lib/db.ts';
import { tellEndings } from './ending.ts';
import { standingOf } from './facts.ts';
import { withHolds } from './hold-store.ts';
import type { InvitationHost } from './host.ts';
import { stateOf } from './invitation.ts';
import { makeToken } from './issue.ts';
import { queueReminder } from './mails.ts';
import { findReminderRow, listRemindable, lockUnlessBusy, markReminded } from './reminder-store.ts';
import { findInvitation } from './store.ts';

export type ReminderFacts = {
  /** Whoever has the mail could accept it now. */
  readonly isUsable: boolean;
  /** Nobody has said that there should be none. */
  readonly isWanted: boolean;
  /** Accepted, declined, or waiting for approval. */
  readonly isAnswered: boolean;
  /** By the newest mail that invites; undefined: there is none, it came back, or it is still on its way. */
  readonly mailedAt: Date | undefined;
  readonly expiresAt: Date;
  readonly remindedFirstAt: Date | undefined;
  readonly remindedLastAt: Date | undefined;
};

const day = 24 * 60 * 60;

/**
 * Which reminder is due, if any. Pure.
 *
 *     mailed                 3 days later                    a day before       expires
 *        ├──────────────────────┤ first ├──────── … ─────────────┤ last ├──────────┤
 *
 * At most these two, in this order, and a day or more between them: where they would come closer, there is the last one
 * alone. What lives for less than four days after it was mailed has no last one.
 */
export function dueReminder(facts: ReminderFacts, now: Date): 'first' | 'last' | undefined {
  const { mailedAt, expiresAt, remindedFirstAt, remindedLastAt } = facts;
  if (!facts.isUsable || !facts.isWanted || facts.isAnswered || !mailedAt || remindedLastAt) return undefined;
  if (now >= expiresAt) return undefined;
  const lastAt = expiresAt >= addSeconds(mailedAt, 4 * day) ? addSeconds(expiresAt, -day) : undefined;
  if (lastAt && now >= lastAt) return remindedFirstAt && now < addSeconds(remindedFirstAt, day) ? undefined : 'last';
  if (remindedFirstAt || now < addSeconds(mailedAt, 3 * day)) return undefined;
  return lastAt && addSeconds(now, day) > lastAt ? undefined : 'first';
}

/** How many are looked at in one statement, and how many at most in one round. */
const [batchSize, roundSize] = [100, 2_000];

/**
 * Whatever is due now, of both kinds. To be called now and then; every few minutes is enough. Returns how many mails
 * there were. `TypeError` without the option `secret`.
 */
export async function remind(host: InvitationHost): Promise<{ readonly reminded: number }> {
  // Before anything is done: without it no link that stops this could be made.
  host.stopKey();
  const reminded = (await remindOfInvitations(host)) + (await tellEndings(host));
  if (reminded > 0) host.afterCommit();
  return { reminded };
}

async function remindOfInvitations(host: InvitationHost): Promise<number> {
  let [after, reminded] = ['', 0];
  for (let looked = 0; looked < roundSize; looked += batchSize) {
    const ids = await listRemindable(host.database, { now: host.clock(), after, limit: batchSize });
    for (const id of ids) if (await remindOf(host, id)) reminded += 1;
    after = ids.at(-1) ?? after;
    if (ids.length < batchSize) break;
  }
  return reminded;
}

/** Looked at once more under the row's lock: whoever came first has left its mark. */
async function remindOf(host: InvitationHost, id: string): Promise<boolean> {
  return inTransaction(host.database, async (trx) => {
    const now = host.clock();
    const found = (await lockUnlessBusy(trx, id)) ? await findInvitation(trx, id) : undefined;
    const row = found && (await findReminderRow(trx, id));
    if (!found || !row) return false;
    const invitation = await withHolds(trx, found, { visitId: '', now });
    const standing = await standingOf(host, trx, { invitation, now });
    const facts: ReminderFacts = {
      isUsable: stateOf(standing, now) === 'open' && standing.fullGroupIds.length === 0,
      isWanted: row.isWanted,
      isAnswered: row.isAnswered,
      mailedAt: row.mailedAt ?? undefined,
      expiresAt: invitation.expiresAt,
      remindedFirstAt: row.remindedFirstAt ?? undefined,
      remindedLastAt: row.remindedLastAt ?? undefined,
    };
    const which = dueReminder(facts, now);
    if (!which) return false;
    const token = await makeToken(host, trx, { invitationId: id, channel: 'mail', now });
    await queueReminder(host, trx, { invitation, token, now });
    await markReminded(trx, id, { which, now });
    const entry = { at: now, actor: 'server', action: 'invitation.reminded', subject: id, detail: { which } } as const;
    await recordAudit(trx, entry, host.random);
    return true;
  });
}

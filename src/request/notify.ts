/** Whoever decides is told that somebody waits: once an hour at most for each group, and no more once they say so. */
import { findRoleHolders, findRightHolders } from '../group/membership-store.ts';
import { adminRight, managerRole } from '../group/policy.ts';
import { addSeconds } from '../lib/clock.ts';
import { type Database, inTransaction, type Queryable, type Transaction } from '../lib/db.ts';
import { isPlainAddress } from '../lib/email.ts';
import { type InvitationHost, ownUrl } from '../invitation/host.ts';
import { isStopped } from '../mail/stop-store.ts';
import { stopPath } from '../mail/stop.ts';
import { lockUntoldDesks, markTold } from './desk-store.ts';
import { queueWaiting } from './mails.ts';

type NotifyingHost = Pick<InvitationHost, 'random' | 'issuer' | 'home' | 'renderer' | 'seal' | 'person' | 'stopKey'>;

const quietSeconds = 60 * 60;

/** Groups where somebody waits of whom nobody was told. */
export async function tellWhoDecides(host: NotifyingHost, trx: Transaction, now: Date): Promise<void> {
  for (const { groupId, name, waitingCount } of await lockUntoldDesks(trx, addSeconds(now, -quietSeconds))) {
    await markTold(trx, groupId, now);
    for (const accountId of await whoDecides(trx, groupId, now)) await tell(host, trx, { accountId, groupId, name, waitingCount, now });
  }
}

/** For a job: what came within the hour is told after it. */
export async function tellOfRequests(host: NotifyingHost, db: Database, now: Date): Promise<void> {
  await inTransaction(db, (trx) => tellWhoDecides(host, trx, now));
}

/** The group's managers; where there is none, whoever runs the server. */
async function whoDecides(db: Queryable, groupId: string, now: Date): Promise<string[]> {
  const managers = await findRoleHolders(db, { groupId, role: managerRole, now });
  return managers.length > 0 ? managers : findRightHolders(db, { right: adminRight, now });
}

type Telling = {
  readonly accountId: string;
  readonly groupId: string;
  readonly name: string;
  readonly waitingCount: number;
  readonly now: Date;
};

async function tell(host: NotifyingHost, trx: Transaction, { accountId, groupId, name: group, waitingCount, now }: Telling): Promise<void> {
  const person = await host.person(accountId, trx);
  const subject = `requests:${groupId}:${accountId}` as const;
  if (!person?.email || person.disabled || !isPlainAddress(person.email) || (await isStopped(trx, subject))) return;
  const stopHref = ownUrl(host.issuer, stopPath(host.stopKey(), subject));
  await queueWaiting(host, trx, { to: person.email, group, waitingCount, stopHref, locale: 'en', now });
}

/** Whoever decides is told that somebody waits: once an hour at most for each group, and no more once they say so. */
import type { Grant } from '../group/group.ts';
import { findRoleHolders, findRightHolders } from '../group/membership-store.ts';
import { adminRight, managerRole } from '../group/policy.ts';
import { addSeconds } from '../lib/clock.ts';
import { type Database, inTransaction, type Transaction } from '../lib/db.ts';
import { isPlainAddress } from '../lib/email.ts';
import { mayInvite } from '../invitation/facts.ts';
import { type InvitationHost, ownUrl } from '../invitation/host.ts';
import { isStopped } from '../mail/stop-store.ts';
import { stopPath } from '../mail/stop.ts';
import { lockUntoldDesks, markTold } from './desk-store.ts';
import { grantsOf } from './desk.ts';
import { queueWaiting } from './mails.ts';

const quietSeconds = 60 * 60;

/** Groups where somebody waits of whom nobody was told. */
export async function tellWhoDecides(host: InvitationHost, trx: Transaction, now: Date): Promise<void> {
  for (const { groupId, name, waitingCount, ...desk } of await lockUntoldDesks(trx, addSeconds(now, -quietSeconds))) {
    await markTold(trx, groupId, now);
    const grants = await grantsOf(trx, desk);
    for (const accountId of await whoDecides(host, trx, { groupId, grants, now }))
      await tell(host, trx, { accountId, groupId, name, waitingCount, now });
  }
}

/** For a job: what came within the hour is told after it. */
export async function tellOfRequests(host: InvitationHost, db: Database, now: Date): Promise<void> {
  await inTransaction(db, (trx) => tellWhoDecides(host, trx, now));
}

type Place = { readonly groupId: string; readonly grants: readonly Grant[]; readonly now: Date };

/** The group's managers; where there is none who may give what an approval gives, whoever runs the server. */
async function whoDecides(host: InvitationHost, trx: Transaction, { groupId, grants, now }: Place): Promise<string[]> {
  const managers = await whoMayGive(host, trx, {
    grants,
    now,
    accountIds: await findRoleHolders(trx, { groupId, role: managerRole, now }),
  });
  if (managers.length > 0) return managers;
  return whoMayGive(host, trx, { grants, now, accountIds: await findRightHolders(trx, { right: adminRight, now }) });
}

async function whoMayGive(
  host: InvitationHost,
  trx: Transaction,
  { accountIds, grants, now }: Omit<Place, 'groupId'> & { readonly accountIds: readonly string[] },
): Promise<string[]> {
  const may: string[] = [];
  for (const accountId of accountIds) if (await mayInvite(host, trx, { accountId, grants, now })) may.push(accountId);
  return may;
}

type Telling = {
  readonly accountId: string;
  readonly groupId: string;
  readonly name: string;
  readonly waitingCount: number;
  readonly now: Date;
};

async function tell(
  host: InvitationHost,
  trx: Transaction,
  { accountId, groupId, name: group, waitingCount, now }: Telling,
): Promise<void> {
  const person = await host.person(accountId, trx);
  const subject = `requests:${groupId}:${accountId}` as const;
  if (!person?.email || person.disabled || !isPlainAddress(person.email) || (await isStopped(trx, subject))) return;
  const stopHref = ownUrl(host.issuer, stopPath(host.stopKey(), subject));
  await queueWaiting(host, trx, { to: person.email, group, waitingCount, stopHref, locale: person.locale ?? 'en', now });
}

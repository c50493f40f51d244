/**
 * Asking, and confirming by the mail that follows. Nobody is shown a request before its mailbox is proven, and asking
 * tells nobody anything: the same is done for every address. What happens to one that is confirmed is `decide.ts`.
 */
import { type Origin, recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { addSeconds } from '../lib/clock.ts';
import { inTransaction, type Queryable, type Transaction } from '../lib/db.ts';
import { type EmailKey, emailKey } from '../lib/email.ts';
import { newId } from '../lib/random.ts';
import { findHoldings } from '../group/membership-store.ts';
import { whichAreGood } from '../invitation/authority.ts';
import type { InvitationHost } from '../invitation/host.ts';
import { mintToken, type Token, tokenDigest } from '../invitation/token.ts';
import { decideByRule, planByRule, type RulePlan } from './decide.ts';
import { type Desk, lockDesk } from './desk-store.ts';
import { queueConfirmation } from './mails.ts';
import { tellWhoDecides } from './notify.ts';
import { confirmHours, type Earlier, standingOf } from './request.ts';
import { findEarlier, findRequestByToken, insertRequest, markConfirmed, type RequestRow } from './store.ts';

export type Asking = {
  readonly email: string;
  readonly name: string;
  readonly note: string;
  readonly source: string | undefined;
  readonly landingClientId: string | undefined;
  readonly locale: string;
};

/** The link goes to the mailbox alone. */
export async function askForInvitation(host: InvitationHost, desk: Desk, asking: Asking): Promise<void> {
  const token = mintToken(host.random);
  await inTransaction(host.database, async (trx) => {
    const now = host.clock();
    const request = { ...asking, id: newId(now, host.random), groupId: desk.groupId, key: emailKey(asking.email), askedAt: now };
    await insertRequest(trx, { ...request, digest: tokenDigest(token), confirmUntil: addSeconds(now, confirmHours * 60 * 60) });
    await queueConfirmation(host, trx, { to: asking.email, group: desk.name, token, locale: asking.locale, now });
  });
  host.afterCommit();
}

/** Undefined: the link leads nowhere any more. */
export async function findAsked({ database, clock }: InvitationHost, token: Token): Promise<RequestRow | undefined> {
  return findRequestByToken(database, { digest: tokenDigest(token), now: clock() });
}

export type Standing = 'waiting' | 'invited' | 'member';

/** Of a request that was confirmed. Declined is told as waiting: only a mail tells it, or nothing. */
export async function standingNow(
  host: InvitationHost,
  db: Queryable,
  { groupId, email, key }: Pick<RequestRow, 'groupId' | 'email' | 'key'>,
): Promise<Standing> {
  const now = host.clock();
  if (email === null || key === null) return 'waiting';
  if (await isMember(host, db, { groupId, email, now })) return 'member';
  return standingOf(await earlierOf(host, db, { groupId, key, now }), now) ?? 'waiting';
}

type Asker = { readonly groupId: string; readonly key: EmailKey; readonly now: Date };

/** An invitation that is on hold, because whoever approved may not invite any more, is no reason to wait for it. */
async function earlierOf(host: InvitationHost, db: Queryable, { now, ...mailbox }: Asker): Promise<Earlier> {
  const { invitationIds, ...earlier } = await findEarlier(db, { ...mailbox, now });
  return { ...earlier, hasInvitation: (await whichAreGood(host, db, { ids: invitationIds, now })).size > 0 };
}

/** The mailbox is proven. Confirming twice, or asking again meanwhile, does nothing new. Throws `link_not_found`. */
export async function confirmRequest(host: InvitationHost, token: Token, from: Origin): Promise<void> {
  const asked = await findAsked(host, token);
  if (!asked?.email) throw new Failure('link_not_found');
  const byRule = asked.confirmedAt ? undefined : await planByRule(host, asked);
  await inTransaction(host.database, (trx) => confirmIn(host, trx, { asked, token, byRule, from }));
  host.afterCommit();
}

type Confirming = {
  readonly asked: RequestRow;
  readonly token: Token;
  readonly byRule: RulePlan | undefined;
  readonly from: Origin;
};

async function confirmIn(host: InvitationHost, trx: Transaction, { asked, token, byRule, from }: Confirming): Promise<void> {
  const { groupId } = asked;
  // Whoever confirms for one group waits here for the others.
  await lockDesk(trx, groupId);
  const now = host.clock();
  const request = await findRequestByToken(trx, { digest: tokenDigest(token), now });
  if (!request?.email || !request.key) throw new Failure('link_not_found');
  const { email, key, slug, source } = request;
  if (request.confirmedAt || (await isMember(host, trx, { groupId, email, now }))) return;
  if (standingOf(await earlierOf(host, trx, { groupId, key, now }), now)) return;
  await markConfirmed(trx, request.id, now);
  const entry = { at: now, actor: 'stranger', from, action: 'request.confirmed', subject: request.id } as const;
  await recordAudit(trx, { ...entry, detail: { group: slug, source: source ?? undefined } }, host.random);
  const decision = await decideByRule(host, trx, { request, byRule, from, now });
  if (decision === undefined) await tellWhoDecides(host, trx, now);
}

type Membership = { readonly groupId: string; readonly email: string; readonly now: Date };

async function isMember(host: InvitationHost, db: Queryable, { groupId, email, now }: Membership): Promise<boolean> {
  const account = await host.accountOf(email, db);
  if (!account?.verified) return false;
  const { memberships } = await findHoldings(db, account.accountId, now);
  return memberships.some((held) => held.groupId === groupId);
}

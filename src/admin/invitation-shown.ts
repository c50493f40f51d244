/** Invitations as this API shows them, and finding the one that somebody names: what is not theirs is not there. */
import { giftOf } from '../api/gift.ts';
import { Failure } from '../errors.ts';
import type { IssuedWithUrl } from '../invitation/issue.ts';
import type { Leak } from '../invitation/leak.ts';
import type { InvitationSummary } from '../invitation/summary.ts';
import { managesOffer, seesOffer } from './access.ts';
import { requireMayGive } from './admin-right.ts';
import type { ShownInvitation } from './invitation-schema.ts';
import { findDetails, findNames, type InvitationDetail } from './invitation-store.ts';
import type { Call } from './operation.ts';

/** Those of them that there are, in their order, in one statement. */
export async function withDetails(
  { database, now }: Pick<Call, 'database' | 'now'>,
  summaries: readonly InvitationSummary[],
): Promise<ShownInvitation[]> {
  const ids = summaries.map(({ id }) => id);
  const details = await findDetails(database, ids, now);
  return summaries.flatMap((summary) => {
    const detail = details.get(summary.id);
    return detail ? [toShown(summary, detail)] : [];
  });
}

function toShown(summary: InvitationSummary, detail: InvitationDetail): ShownInvitation {
  const { startsAt, revokedAt, confirmedAt, inviterId, email, emailRule, acr, domains, grants, gives, ...rest } = summary;
  return {
    ...rest,
    ...detail,
    startsAt: startsAt ?? null,
    revokedAt: revokedAt ?? null,
    confirmedAt: confirmedAt ?? null,
    inviterId: inviterId ?? null,
    email: email ?? null,
    emailRule: emailRule ?? null,
    acr: acr ?? null,
    domains: [...domains],
    grants: [...grants],
    gives: gives.map(({ name, role = null }) => ({ name, role })),
  };
}

/** Throws `invitation_not_found`. */
export async function showInvitation(call: Call, id: string): Promise<ShownInvitation> {
  const [shown] = await withDetails(call, await call.guestlist.findAll([id]));
  if (!shown) throw new Failure('invitation_not_found');
  return shown;
}

/** What was just made, with what is told this once. */
export async function showIssued(call: Call, { id, url, code, pin }: IssuedWithUrl) {
  return { ...(await showInvitation(call, id)), url: url ?? null, code: code ?? null, pin: pin ?? null };
}

/** One that the caller may know of. Throws `invitation_not_found`. */
export async function requireInvitation({ guestlist, caller }: Call, id: string): Promise<InvitationSummary> {
  const found = await guestlist.find(id);
  if (!found || !seesOffer(caller, found)) throw new Failure('invitation_not_found');
  return found;
}

/** One that the caller may know of, and give away. Throws `invitation_not_found`, `insufficient_scope`. */
export async function requireGivable(call: Call, id: string): Promise<InvitationSummary> {
  const found = await requireInvitation(call, id);
  await requireMayGive(call, giftOf(found));
  return found;
}

/** One whose people the caller may know of. Throws `invitation_not_found`; `access_denied` to whoever only made it. */
export async function requirePeopleOf(call: Call, id: string): Promise<InvitationSummary> {
  const found = await requireInvitation(call, id);
  if (!managesOffer(call.caller, found)) throw new Failure('access_denied');
  return found;
}

/** With the names of accounts that are ours; an account that is gone has none. */
export async function withNames<Row extends { readonly accountId: string }>({ database }: Pick<Call, 'database'>, rows: readonly Row[]) {
  const names = await findNames(
    database,
    rows.map(({ accountId }) => accountId),
  );
  return rows.map((row) => {
    const { name = null, email = null } = names.get(row.accountId) ?? {};
    return { ...row, name, email };
  });
}

/** Who came in by it is told to those alone who may know of its people. */
export async function leaksFor({ guestlist, caller }: Pick<Call, 'guestlist' | 'caller'>, leaks: readonly Leak[]) {
  const summaries = caller.isAdmin ? [] : await guestlist.findAll(leaks.map(({ invitationId }) => invitationId));
  const theirs = new Set(summaries.filter((summary) => managesOffer(caller, summary)).map(({ id }) => id));
  const mayKnow = ({ invitationId }: Leak) => caller.isAdmin || theirs.has(invitationId);
  return leaks.map((leak) => toLeak(mayKnow(leak) ? leak : { ...leak, accountId: undefined }));
}

function toLeak({ givenTo, inviterId, accountId, reasons, facts, attempts, revokedAt, replacedBy, invitationId }: Leak) {
  return {
    invitationId,
    givenTo: givenTo ?? null,
    inviterId: inviterId ?? null,
    accountId: accountId ?? null,
    reasons: [...reasons],
    facts: { ...facts, joinedAt: facts.joinedAt ?? null },
    attempts: attempts.map(({ addressBlock = null, ...attempt }) => ({ ...attempt, addressBlock })),
    revokedAt: revokedAt ?? null,
    replacedById: replacedBy ?? null,
  };
}

/**
 * The right to run the server: that a call does not give it who may not, and does not take it from the last one who has it.
 * Who has all scopes, as people have in the console and by command, is asked nothing. Neighbours: `access.ts`, `api/gift.ts`.
 */
import { type Gift, makesAdmins, requireMayGive as requireTokenMayGive } from '../api/gift.ts';
import type { GuestlistCalls } from '../calls.ts';
import { Failure } from '../errors.ts';
import { adminRight } from '../group/policy.ts';
import { doesAnyGive, findWaysTo } from '../group/tree-store.ts';
import { inTransaction, type Transaction } from '../lib/db.ts';
import { findHolding, lockAdmins } from '../portal/store.ts';
import { hasAllScopes, requireScopes } from './access.ts';
import type { Call } from './operation.ts';

/** What is given by a token must be within it. Throws `insufficient_scope`. */
export function requireMayGive({ database, guestlist, caller: { scopes } }: Call, gift: Gift): Promise<void> {
  return requireTokenMayGive({ database, guestlist, scopes }, gift);
}

/**
 * Whatever becomes of a group: that its members run the server, or that its managers let others do so, comes of a token with
 * all scopes alone; and of one whose members do, somebody is left who can. Throws `insufficient_scope`, `last_admin`.
 */
export async function changingGroup(call: Call, slug: string, work: (guestlist: GuestlistCalls) => Promise<unknown>): Promise<void> {
  const gives = await doesAnyGive(call.database, [slug], adminRight);
  if (hasAllScopes(call.caller)) return void (await (gives ? keepingAnAdmin(call, work) : work(call.guestlist)));
  await inTransaction(call.database, async (trx) => {
    if (gives) await lockAdmins(trx);
    const before = new Set(await findWaysTo(trx, adminRight));
    const within = { ...call, database: trx, guestlist: call.site.guestlist.within(trx) };
    await (gives ? keepingAnAdmin(within, work) : work(within.guestlist));
    if ((await findWaysTo(trx, adminRight)).some((way) => !before.has(way))) requireScopes(call.caller);
  });
}

/** Taking something away; it is asked who is left only where it could have been the right to run the server. Throws `last_admin`. */
export async function taking<Result>(call: Call, gift: Gift, work: (guestlist: GuestlistCalls) => Promise<Result>): Promise<Result> {
  return (await makesAdmins(call, gift)) ? keepingAnAdmin(call, work) : work(call.guestlist);
}

/** Somebody is left who can run the server, if there was anybody. Throws `last_admin`. */
async function keepingAnAdmin<Result>({ database, site }: Call, work: (guestlist: GuestlistCalls) => Promise<Result>): Promise<Result> {
  return inTransaction(database, async (trx) => {
    await lockAdmins(trx);
    const before = await isAnyAdmin(trx, site.clock());
    const result = await work(site.guestlist.within(trx));
    if (before && !(await isAnyAdmin(trx, site.clock()))) throw new Failure('last_admin');
    return result;
  });
}

async function isAnyAdmin(trx: Transaction, now: Date): Promise<boolean> {
  return (await findHolding(trx, { accountId: '', right: adminRight, now })).others;
}

/**
 * The right to run the server: that a call does not give it who may not, and does not take it from the last one who has it.
 * Who has all scopes, as people have in the console and by command, is asked nothing. Neighbour: `access.ts`.
 */
import { slugOfGrant } from '../group/group.ts';
import type { GuestlistCalls } from '../calls.ts';
import { Failure } from '../errors.ts';
import { adminRight } from '../group/policy.ts';
import { doesAnyGive } from '../group/tree-store.ts';
import { inTransaction, type Transaction } from '../lib/db.ts';
import { findHolding, lockAdmins } from '../portal/store.ts';
import { hasAllScopes, requireScopes } from './access.ts';
import type { Call } from './operation.ts';

export type Gift = {
  /** Each may carry a role: `choir`, `choir:manager`. */
  readonly groups?: readonly string[] | undefined;
  readonly rights?: readonly string[] | undefined;
  readonly template?: string | undefined;
};

/** What is given by a token must be within it. Throws `insufficient_scope`. */
export async function requireMayGive(call: Call, gift: Gift): Promise<void> {
  if (hasAllScopes(call.caller)) return;
  if (await makesAdmins(call, gift)) requireScopes(call.caller);
}

async function makesAdmins(call: Call, { groups = [], rights = [], template }: Gift): Promise<boolean> {
  const { database, guestlist } = call;
  if (rights.includes(adminRight)) return true;
  const slugs = groups.map(slugOfGrant);
  if (slugs.length > 0 && (await doesAnyGive(database, slugs, adminRight))) return true;
  if (template === undefined) return false;
  const wish = (await guestlist.listTemplates()).find(({ name }) => name === template)?.wish;
  return wish !== undefined && makesAdmins(call, { groups: wish.groups, rights: wish.rights });
}

/** What an invitation gives, as it is shown. */
export function giftOf({
  gives,
  grants,
}: {
  readonly gives: readonly { readonly role?: string | null | undefined }[];
  readonly grants: readonly string[];
}): Gift {
  const isGroup = (_: string, index: number) => typeof gives[index]?.role === 'string';
  return { groups: grants.filter(isGroup), rights: grants.filter((grant, index) => !isGroup(grant, index)) };
}

/**
 * Whatever becomes of a group: one whose members do not run the server comes to that by a token with all scopes alone, and of
 * one whose members do, somebody is left who can. Throws `insufficient_scope`, `last_admin`.
 */
export async function changingGroup(call: Call, slug: string, work: (guestlist: GuestlistCalls) => Promise<unknown>): Promise<void> {
  if (await doesAnyGive(call.database, [slug], adminRight)) return void (await keepingAnAdmin(call, work));
  await inTransaction(call.database, async (trx) => {
    await work(call.site.guestlist.within(trx));
    if (!hasAllScopes(call.caller) && (await doesAnyGive(trx, [slug], adminRight))) requireScopes(call.caller);
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

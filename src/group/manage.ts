/** Making groups and rights, giving them to people and taking them away, each with its entry in the audit log. */
import { type Origin, recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { checkArguments } from '../lib/arguments.ts';
import type { Clock } from '../lib/clock.ts';
import { type Database, inTransaction, type Queryable, type Transaction } from '../lib/db.ts';
import { newId, type Random } from '../lib/random.ts';
import { type Grant, type GrantEnd, newGrants, plainRole } from './group.ts';
import { addGrant, endAccountRight, endMemberships, findHoldings, lockHoldings } from './membership-store.ts';
import { attachRight, detachRight, ensureRight, findGroup, findRight, insertGroup, lockGroup, updateGroup } from './store.ts';
import { lockTree, moveGroup, type Parent } from './tree-store.ts';
import { grantWishSchema, groupChangeSchema, newGroupSchema, newRightSchema } from './wish.ts';

type Context = { readonly clock: Clock; readonly random: Random; readonly from?: Origin | undefined };
type Doing = Context & { /** Account id, or `operator`. */ readonly actor?: string | undefined };
type NewGroup = {
  readonly slug: string;
  readonly name: string;
  readonly description: string;
  readonly rights: readonly string[];
  /** Most people in it; who is in a group beneath it does not count. Default: any number. */
  readonly capacity?: number | undefined;
  /** A second person confirms each invitation to it, and to the groups beneath it. */
  readonly sensitive?: boolean | undefined;
  /** Slug of the group that it is in. Default: at the top. */
  readonly parent?: string | undefined;
};

/**
 * Rights that do not exist yet are made. Throws `group_exists`, `group_not_found` and `group_too_deep` of the parent, and
 * `TypeError` for what cannot be a group.
 */
export async function addGroup(
  db: Database,
  wish: NewGroup,
  { clock, random, actor = 'operator', from }: Doing,
): Promise<{ readonly id: string }> {
  const { rights, parent: parentSlug, ...group } = checkArguments('addGroup', newGroupSchema, wish);
  return inTransaction(db, async (trx) => {
    const now = clock();
    const id = newId(now, random);
    const parent = parentSlug === undefined ? undefined : await findParent(trx, parentSlug);
    await insertGroup(trx, { id, ...group, parent, createdAt: now });
    for (const name of new Set(rights)) {
      await ensureRight(trx, { name, description: '', createdAt: now });
      await attachRight(trx, id, name);
    }
    const detail = { ...group, ...(parentSlug === undefined ? {} : { parent: parentSlug }), rights };
    await recordAudit(trx, { at: now, actor, from, action: 'group.created', subject: id, detail }, random);
    return { id };
  });
}

/** With the tree locked: the group that was found stays where it is. */
async function findParent(trx: Transaction, slug: string): Promise<Parent> {
  await lockTree(trx);
  const parent = await findGroup(trx, slug);
  if (!parent) throw new Failure('group_not_found', { slug });
  return parent;
}

export type GroupChange = {
  /** For people; apps that were told to hear names hear the new one. The slug stays for ever. */
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  /** Null: any number. People who are in already stay in. */
  readonly capacity?: number | null | undefined;
  readonly sensitive?: boolean | undefined;
  /**
   * Nobody comes in any more, and apps hear nothing of it; it can be taken back. The groups beneath it go on, but
   * inherit nothing from it, nor from those above it.
   */
  readonly archived?: boolean | undefined;
  /** Slug of the group that it moves into, with all that is beneath it; null: to the top. */
  readonly parent?: string | null | undefined;
};

/** Throws `group_not_found`, `group_cycle`, `group_too_deep`. */
export async function changeGroup(
  db: Database,
  slug: string,
  { actor, from, change, clock, random }: Context & { readonly actor: string; readonly change: GroupChange },
): Promise<void> {
  const { name, description } = checkArguments('changeGroup', groupChangeSchema, change);
  await inTransaction(db, async (trx) => {
    const parent = typeof change.parent === 'string' ? await findParent(trx, change.parent) : null;
    const group = await lockGroup(trx, slug);
    if (!group) throw new Failure('group_not_found', { slug });
    const now = clock();
    const since = (wish: boolean | undefined, at: Date | null) => (wish === undefined ? at : wish ? (at ?? now) : null);
    await updateGroup(trx, group.id, {
      name: name ?? group.name,
      description: description ?? group.description,
      capacity: change.capacity === undefined ? group.capacity : change.capacity,
      sensitiveAt: since(change.sensitive, group.sensitiveAt),
      archivedAt: since(change.archived, group.archivedAt),
    });
    if (change.parent !== undefined) await moveGroup(trx, { id: group.id, slug }, parent);
    await recordAudit(trx, { at: now, actor, from, action: 'group.changed', subject: group.id, detail: { slug, ...change } }, random);
  });
}

/** Throws `right_exists`, and `TypeError` for what cannot be a right. */
export async function addRight(
  db: Database,
  wish: { readonly name: string; readonly description: string },
  { clock, random, actor = 'operator', from }: Doing,
): Promise<void> {
  const right = checkArguments('addRight', newRightSchema, wish);
  await inTransaction(db, async (trx) => {
    const now = clock();
    if (!(await ensureRight(trx, { ...right, createdAt: now }))) throw new Failure('right_exists', { right: right.name });
    await recordAudit(trx, { at: now, actor, from, action: 'right.created', subject: right.name }, random);
  });
}

/** What a group brings, and by whom. */
type Bringing = Context & { readonly actor: string; readonly right: string };

/**
 * Whoever is in the group, or in one beneath it, has the right with the next token. False: the group had it already. Throws
 * `group_not_found`, `right_not_found`.
 */
export async function addRightToGroup(db: Database, slug: string, bringing: Bringing): Promise<boolean> {
  return changeRights(db, slug, { ...bringing, action: 'group.right_added', change: attachRight });
}

/** Who has it by themselves, or by another group, keeps it. False: the group did not bring it. Throws as `addRightToGroup`. */
export async function takeRightFromGroup(db: Database, slug: string, bringing: Bringing): Promise<boolean> {
  return changeRights(db, slug, { ...bringing, action: 'group.right_removed', change: detachRight });
}

type ChangingRights = Bringing & {
  readonly action: 'group.right_added' | 'group.right_removed';
  readonly change: typeof attachRight;
};

async function changeRights(
  db: Database,
  slug: string,
  { right, action, change, actor, from, ...tools }: ChangingRights,
): Promise<boolean> {
  return inTransaction(db, async (trx) => {
    const group = await lockGroup(trx, slug);
    if (!group) throw new Failure('group_not_found', { slug });
    if (!(await findRight(trx, right))) throw new Failure('right_not_found', { right });
    if (!(await change(trx, group.id, right))) return false;
    const entry = { at: tools.clock(), actor, from, action, subject: group.id, detail: { slug, right } };
    await recordAudit(trx, entry, tools.random);
    return true;
  });
}

export type GrantWish = {
  /** Group slugs; each may carry the role, `choir:manager`. */
  readonly groups?: readonly string[] | undefined;
  readonly rights?: readonly string[] | undefined;
  /** When all of it ends again. Default: never by itself. */
  readonly ends?: GrantEnd | undefined;
};

/** Each once, however it is written. Throws `group_not_found` or `right_not_found`. */
export async function resolveGrants(db: Queryable, { groups = [], rights = [], ends }: GrantWish): Promise<Grant[]> {
  const grants: Grant[] = [];
  for (const named of new Set(groups.map((group) => (group.includes(':') ? group : `${group}:${plainRole}`)))) {
    const [slug = '', role = plainRole] = named.split(':');
    const group = await findGroup(db, slug);
    if (!group) throw new Failure('group_not_found', { slug });
    const { id: groupId, name, description, sensitive, archived } = group;
    grants.push({ kind: 'group', groupId, slug, name, description, role, sensitive, archived, ends });
  }
  for (const name of new Set(rights)) {
    const right = await findRight(db, name);
    if (!right) throw new Failure('right_not_found', { right: name });
    grants.push({ kind: 'right', right: name, description: right.description, ends });
  }
  return grants;
}

/** `choir:member` for a place in a group, the name itself for a right. */
export function grantLabel(grant: Grant): string {
  return grant.kind === 'group' ? `${grant.slug}:${grant.role}` : grant.right;
}

export type Change = Context & {
  readonly accountId: string;
  /** Account id, or `operator`. */
  readonly actor: string;
  /** Runs inside the transaction; an error undoes everything. */
  readonly inside?: ((change: { readonly accountId: string; readonly grants: readonly string[] }, trx: Transaction) => unknown) | undefined;
};

/** What is new is added, nothing is lowered. Returns what was new. By hand: whether a group is full or archived is not asked. */
export async function grantTo(
  db: Database,
  wish: GrantWish,
  { accountId, actor, from, inside, clock, random }: Change,
): Promise<readonly string[]> {
  checkArguments('grant', grantWishSchema, wish);
  return inTransaction(db, async (trx) => {
    const now = clock();
    await lockHoldings(trx, accountId);
    const added = newGrants(await resolveGrants(trx, wish), await findHoldings(trx, accountId, now), now);
    for (const grant of added) await addGrant(trx, { id: newId(now, random), accountId, grant, invitationId: undefined, now });
    return record(trx, { at: now, actor, from, action: 'grant.added', accountId, grants: added.map(grantLabel), inside, random });
  });
}

/** Ends what there is of it. A slug without a role means every role in the group. Returns what was ended. */
export async function withdrawFrom(
  db: Database,
  wish: GrantWish,
  { accountId, actor, from, inside, clock, random }: Change,
): Promise<readonly string[]> {
  checkArguments('withdraw', grantWishSchema, wish);
  return inTransaction(db, async (trx) => {
    const now = clock();
    await lockHoldings(trx, accountId);
    const ended: string[] = [];
    for (const named of new Set(wish.groups ?? [])) {
      const [slug = '', role] = named.split(':');
      if (!(await findGroup(trx, slug))) throw new Failure('group_not_found', { slug });
      ended.push(...(await endMemberships(trx, { accountId, slug, role, now, by: actor })).map((given) => `${slug}:${given}`));
    }
    for (const right of new Set(wish.rights ?? [])) if (await endAccountRight(trx, { accountId, right, now, by: actor })) ended.push(right);
    return record(trx, { at: now, actor, from, action: 'grant.withdrawn', accountId, grants: ended, inside, random });
  });
}

type GrantRecordOf = Pick<Change, 'inside' | 'random' | 'actor' | 'accountId' | 'from'> & {
  readonly at: Date;
  readonly action: 'grant.added' | 'grant.withdrawn';
  readonly grants: readonly string[];
};

async function record(trx: Transaction, { inside, random, accountId, grants, ...entry }: GrantRecordOf): Promise<readonly string[]> {
  if (grants.length === 0) return grants;
  await recordAudit(trx, { ...entry, subject: accountId, detail: { grants } }, random);
  await inside?.({ accountId, grants }, trx);
  return grants;
}

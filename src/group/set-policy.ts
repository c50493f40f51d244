/** Setting the policy of a group, and reading it. What it means is `policy.ts`; who keeps to it, `invitation/limits.ts`. */
import { type Origin, recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { checkArguments } from '../lib/arguments.ts';
import type { Clock } from '../lib/clock.ts';
import { type Database, inTransaction, type Queryable } from '../lib/db.ts';
import type { Random } from '../lib/random.ts';
import { defaultPolicy, type GroupPolicy } from './policy.ts';
import { deletePolicy, findPolicies, upsertPolicy } from './policy-store.ts';
import { findGroup, lockGroup } from './store.ts';
import { policySchema } from './wish.ts';

/** What is not said is as without a policy: managers invite, and no limit binds them. */
export type GroupPolicyWish = Partial<GroupPolicy>;

type Setting = {
  /** Takes the place of what there was; null: the group has none of its own any more. */
  readonly policy: GroupPolicyWish | null;
  readonly actor: string;
  readonly from?: Origin | undefined;
  readonly clock: Clock;
  readonly random: Random;
};

/** Throws `group_not_found`; `TypeError` for what cannot be a policy. */
export async function setPolicy(db: Database, slug: string, { policy: wish, actor, from, clock, random }: Setting): Promise<void> {
  const policy = wish && checkArguments('setPolicy', policySchema, wish);
  await inTransaction(db, async (trx) => {
    const group = await lockGroup(trx, slug);
    if (!group) throw new Failure('group_not_found', { slug });
    const now = clock();
    if (policy) await upsertPolicy(trx, group.id, { policy, now, by: actor });
    else await deletePolicy(trx, group.id);
    await recordAudit(trx, { at: now, actor, from, action: 'group.policy_changed', subject: group.id, detail: { slug, policy } }, random);
  });
}

/** The default where the group has none of its own. Throws `group_not_found`. */
export async function policyOf(db: Queryable, slug: string): Promise<GroupPolicy> {
  const group = await findGroup(db, slug);
  if (!group) throw new Failure('group_not_found', { slug });
  return (await findPolicies(db, [group.id])).get(group.id) ?? defaultPolicy;
}

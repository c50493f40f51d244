/** Making groups and rights, each with its entry in the audit log. */
import { recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import type { Clock } from '../lib/clock.ts';
import { type Database, inTransaction } from '../lib/db.ts';
import { newId, type Random } from '../lib/random.ts';
import { attachRight, ensureRight, insertGroup } from './store.ts';

type Context = { readonly clock: Clock; readonly random: Random };
type NewGroup = { readonly slug: string; readonly name: string; readonly description: string; readonly rights: readonly string[] };

/** Rights that do not exist yet are made. Throws `group_exists`. */
export async function addGroup(db: Database, { rights, ...group }: NewGroup, { clock, random }: Context): Promise<{ readonly id: string }> {
  return inTransaction(db, async (trx) => {
    const now = clock();
    const id = newId(now, random);
    await insertGroup(trx, { id, ...group, createdAt: now });
    for (const name of new Set(rights)) {
      await ensureRight(trx, { name, description: '', createdAt: now });
      await attachRight(trx, id, name);
    }
    await recordAudit(
      trx,
      { at: now, actor: 'operator', action: 'group.created', subject: id, detail: { slug: group.slug, rights } },
      random,
    );
    return { id };
  });
}

/** Throws `right_exists`. */
export async function addRight(
  db: Database,
  right: { readonly name: string; readonly description: string },
  { clock, random }: Context,
): Promise<void> {
  await inTransaction(db, async (trx) => {
    const now = clock();
    if (!(await ensureRight(trx, { ...right, createdAt: now }))) throw new Failure('right_exists', { right: right.name });
    await recordAudit(trx, { at: now, actor: 'operator', action: 'right.created', subject: right.name }, random);
  });
}

/**
 * What is shown to one person in one browser for a while, and to nobody else: links that were just made, drafts, what became
 * of many deeds. Whoever proves anew who they are finds it again; where the sign-in at the provider has ended, nobody does.
 * It rests sealed; the address of its page holds no more than a name for it.
 */
import { deleteOlderSealed, deleteSealed, findSealed, keepSealed } from '../portal/invitation-store.ts';
import { addSeconds } from '../lib/clock.ts';
import { sha256 } from '../lib/digest.ts';
import type { ConsoleSite, Visitor } from './site.ts';

export type Keeping = { readonly kind: 'share' | 'draft' | 'answers' | 'import' | 'made' | 'cards' | 'secret'; readonly name: string };

type Site = Pick<ConsoleSite, 'database' | 'seal' | 'clock'>;
type Whose = Pick<Visitor, 'account' | 'session'>;

export const keptSeconds = 60 * 60;

/** Of one person: of those that can be begun without end, the oldest makes room. A draft of an import may hold megabytes. */
const most: Partial<Readonly<Record<Keeping['kind'], number>>> = { import: 5, made: 20, draft: 20, answers: 20 };

/** A line break is in no key that an app can make up. */
function placeOf({ account, session }: Whose, { kind, name }: Keeping): { readonly key: Buffer; readonly context: string } {
  return {
    key: sha256(`console ${kind}\n${session.sessionUid}\n${name}`),
    context: `console ${kind}:${account.id}:${session.sessionUid}:${name}`,
  };
}

/** In place of what was there before. */
export async function keep(
  { database, seal, clock }: Site,
  visitor: Whose,
  { value, ...keeping }: Keeping & { readonly value: unknown },
): Promise<void> {
  const { key, context } = placeOf(visitor, keeping);
  const sealed = seal.seal(JSON.stringify(value), context);
  const accountId = visitor.account.id;
  const wish = sha256(`console ${keeping.kind}`);
  await keepSealed(database, { accountId, key, wish, sealed, now: clock() });
  const limit = most[keeping.kind];
  if (limit !== undefined) await deleteOlderSealed(database, { accountId, wish, most: limit });
}

/** Undefined: it is over, or was never here. */
export async function findKept({ database, seal, clock }: Site, visitor: Whose, keeping: Keeping): Promise<unknown> {
  const { key, context } = placeOf(visitor, keeping);
  const sealed = await findSealed(database, { accountId: visitor.account.id, key, since: addSeconds(clock(), -keptSeconds) });
  return sealed && JSON.parse(seal.open(sealed, context).toString('utf8'));
}

export async function forgetKept({ database }: Site, visitor: Whose, keeping: Keeping): Promise<void> {
  await deleteSealed(database, { accountId: visitor.account.id, key: placeOf(visitor, keeping).key });
}

/**
 * What is shown to one session of the console for a while, and to nobody else: links that were just made, drafts, what
 * became of many deeds. It rests sealed; the address of its page holds no more than a name for it.
 */
import { deleteSealed, findSealed, keepSealed } from '../portal/invitation-store.ts';
import { addSeconds } from '../lib/clock.ts';
import { sha256 } from '../lib/digest.ts';
import type { ConsoleSite, Visitor } from './site.ts';

export type Keeping = { readonly kind: 'share' | 'draft' | 'answers' | 'import' | 'cards' | 'secret'; readonly name: string };

type Site = Pick<ConsoleSite, 'database' | 'seal' | 'clock'>;
type Whose = Pick<Visitor, 'account' | 'session'>;

export const keptSeconds = 60 * 60;

/** A line break is in no key that an app can make up. */
function placeOf({ account, session }: Whose, { kind, name }: Keeping): { readonly key: Buffer; readonly context: string } {
  const sessionName = session.digest.toString('base64url');
  return { key: sha256(`console ${kind}\n${sessionName}\n${name}`), context: `console ${kind}:${account.id}:${sessionName}:${name}` };
}

/** In place of what was there before. */
export async function keep(
  { database, seal, clock }: Site,
  visitor: Whose,
  { value, ...keeping }: Keeping & { readonly value: unknown },
): Promise<void> {
  const { key, context } = placeOf(visitor, keeping);
  const sealed = seal.seal(JSON.stringify(value), context);
  await keepSealed(database, { accountId: visitor.account.id, key, wish: key, sealed, now: clock() });
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

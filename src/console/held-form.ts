/** What somebody typed waits, sealed, while they sign in again: then it is shown to them, and goes on by a button. */
import type { Context } from 'koa';
import { Failure } from '../errors.ts';
import { addSeconds } from '../lib/clock.ts';
import type { Fields } from '../lib/form.ts';
import { newId } from '../lib/random.ts';
import { type ConsolePath, consoleForm, consoleHref } from './forms.ts';
import * as store from './session-store.ts';
import type { ConsoleSite, Visitor } from './site.ts';

const heldSeconds = 60 * 60;

/** What is pasted there may be more than a form without files can be. */
const largePath = '/admin/campaigns/new';

const contextOf = (id: string) => `console_held_form:${id}`;

export type Holding = { readonly accountId: string; readonly path: string; readonly fields: Fields };

/** Where it can be taken up again. */
export async function holdForm(
  { database, clock, random, seal }: Pick<ConsoleSite, 'database' | 'clock' | 'random' | 'seal'>,
  { accountId, path, fields }: Holding,
): Promise<ConsolePath> {
  const now = clock();
  const id = newId(now, random);
  const sealed = seal.seal(JSON.stringify(fields), contextOf(id));
  await store.insertHeldForm(database, { id, accountId, path, fields: sealed, endsAt: addSeconds(now, heldSeconds) });
  return `/admin/held/${id}`;
}

/** Changes nothing: whoever typed it looks at it and sends it. */
export async function showHeldForm(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const { id } = ctx['params'];
  const held = await store.findHeldForm(site.database, { id, accountId: visitor.account.id, now: site.clock() });
  if (!held) throw new Failure('page_not_found');
  const fields = JSON.parse(site.seal.open(held.fields, contextOf(id)).toString()) as Fields;
  const form = consoleForm(site, visitor, held.path as ConsolePath);
  const encoding = held.path === largePath ? ('multipart/form-data' as const) : undefined;
  visitor.show({ page: 'console/held', data: { ...form, fields, encoding, backHref: consoleHref(site, '/admin') } });
}

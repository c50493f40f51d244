/** The same for many invitations: chosen in the list, named and asked about, then done one after the other. */
import type { Context } from 'koa';
import { z } from 'zod';
import { seesOffer } from '../admin/access.ts';
import { leadTo } from '../lib/answer.ts';
import { checkForm, type FieldErrors, formStatus } from '../lib/form.ts';
import { tellAnswers, toCode } from './answers.ts';
import { consoleForm, consoleHref, pickedOf, readConsoleForm } from './forms.ts';
import type { BulkDeed } from './invitation-data.ts';
import { nameOf } from './invitation-shown.ts';
import { operate } from './operate.ts';
import type { ConsoleSite, Visitor } from './site.ts';
import { leadToNothing, listAt, placeGiven, placeIn } from './way-back.ts';

const deedSchema = z.enum(['revoke', 'resend', 'extend']);
const most = 200;
const idsSchema = z
  .string()
  .max(20_000, 'other')
  .transform((text) => [...new Set(text.split(',').filter(Boolean))].slice(0, most));

/** From the boxes of the list to the question, which has an address of its own. */
export async function pickInvitations(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const fields = await readConsoleForm(site, ctx, visitor);
  const ids = pickedOf(fields);
  const deed = deedSchema.safeParse(fields['deed']);
  const place = placeGiven(fields['place']);
  if (ids.length === 0 || !deed.success) return leadToNothing(site, ctx, listAt('/admin/invitations', place));
  const query = placeIn({ deed: deed.data, ids: ids.slice(0, most).join(','), place });
  leadTo(ctx, `${consoleHref(site, '/admin/invitations/act')}?${query}`);
}

const placeSchema = z.string().optional().catch(undefined).transform(placeGiven);
const querySchema = z.object({ deed: deedSchema.catch('resend'), ids: idsSchema.catch([]), place: placeSchema });

export async function askAboutMany(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  await ask(site, visitor, { ...querySchema.parse(ctx.query), errors: {} });
}

type Asking = { readonly deed: BulkDeed; readonly ids: readonly string[]; readonly place: string; readonly errors: FieldErrors };

/** Those alone that they may know of. */
async function findTheirs(site: ConsoleSite, visitor: Visitor, ids: readonly string[]) {
  const found = await site.guestlist.findAll(ids);
  return found.filter((one) => seesOffer(visitor.caller, one));
}

async function ask(site: ConsoleSite, visitor: Visitor, { deed, ids, place, errors }: Asking): Promise<void> {
  const theirs = await findTheirs(site, visitor, ids);
  const data = {
    ...consoleForm(site, visitor, '/admin/invitations/act'),
    deed,
    ids: theirs.map(({ id }) => id).join(','),
    names: theirs.map(({ label, email, gives: places }) => nameOf({ label, email, places: places as never })),
    place,
    errors,
    backHref: consoleHref(site, listAt('/admin/invitations', place)),
  };
  visitor.show({ page: 'console/invitations-act', data, status: formStatus(errors) });
}

/** Seconds, to be chosen from. */
export const extensionSchema = z.enum(['86400', '604800', '2592000', '7776000'], 'not_a_time').transform(Number);

const actSchema = z.strictObject({ deed: deedSchema, ids: idsSchema, place: placeSchema, by: extensionSchema.optional() });

const done = { revoke: 'revoked', resend: 'sent', extend: 'extended' } as const;

export async function actOnMany(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const fields = await readConsoleForm(site, ctx, visitor);
  const place = placeGiven(fields['place']);
  const form = checkForm(actSchema, fields);
  if (!form.ok || form.value.ids.length === 0) return leadToNothing(site, ctx, listAt('/admin/invitations', place));
  const { deed, ids, by = 604_800 } = form.value;
  const body = { ids, deed, ...(deed === 'extend' ? { bySeconds: by } : {}) };
  const names = new Map((await findTheirs(site, visitor, ids)).map((one) => [one.id, one]));
  const { items } = await operate({ site, ctx, visitor }, 'bulkInvitations', { body });
  const answers = items.map(({ id, code }) => {
    const { label = '', email, gives = [] } = names.get(id) ?? {};
    return { name: nameOf({ label, email, places: gives as never }) || id, path: `/admin/invitations/${id}` as const, code: toCode(code) };
  });
  await tellAnswers(site, ctx, { visitor, area: 'invitations', place, answers, done: done[deed] });
}

/** What is done about one invitation: each deed is named and asked on a page of its own, then done by the API's use case. */
import type { Context } from 'koa';
import { z } from 'zod';
import { Failure } from '../errors.ts';
import { leadTo } from '../lib/answer.ts';
import { checkForm, type FieldErrors, type Fields, formStatus, optional } from '../lib/form.ts';
import { cursorSchema } from './cursor.ts';
import { type Deed, leadOn } from './done.ts';
import { type ConsolePath, consoleForm, consoleHref, pickedOf, readConsoleForm } from './forms.ts';
import { extensionSchema } from './invitation-act.ts';
import { type InvitationDeed, invitationDeeds } from './invitation-data.ts';
import { dayOrInstant, endOfDay, errorsOfWish, placesField } from './invitation-form.ts';
import { forgetShared, keepShared } from './invitation-share.ts';
import { listedOf } from './invitation-shown.ts';
import { operate } from './operate.ts';
import type { ConsolePage, ConsoleSite, Visitor } from './site.ts';
import { leadToNothing, listAt, placeGiven, placeIn } from './way-back.ts';

type Simple = Exclude<InvitationDeed, 'change' | 'undo'>;

const idOf = (ctx: Context) => String(ctx['params']['id']);
const pathOf = (ctx: Context, more = ''): `/admin/${string}` => `/admin/invitations/${encodeURIComponent(idOf(ctx))}${more}`;

function isSimple(deed: string): deed is Simple {
  return deed !== 'change' && deed !== 'undo' && (invitationDeeds as readonly string[]).includes(deed);
}

async function requireShown(site: ConsoleSite, ctx: Context, visitor: Visitor) {
  const wire = await operate({ site, ctx, visitor }, 'getInvitation', { params: { invitationId: idOf(ctx) } });
  const [invitation] = await listedOf(site, [wire]);
  if (!invitation) throw new Failure('invitation_not_found');
  return { wire, invitation };
}

/** Throws `page_not_found`, `invitation_not_found`. */
export async function askAboutOne(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const deed = String(ctx['params']['deed']);
  if (deed === 'change') return showChange(site, ctx, { visitor, typed: undefined, errors: {} });
  if (deed === 'undo') return showUndo(site, ctx, visitor);
  if (!isSimple(deed)) throw new Failure('page_not_found');
  const { invitation } = await requireShown(site, ctx, visitor);
  const form = consoleForm(site, visitor, pathOf(ctx, `/${deed}`));
  visitor.show({
    page: 'console/invitation-deed',
    data: { ...form, deed, invitation, errors: {}, backHref: consoleHref(site, pathOf(ctx)) },
  });
}

const done: Readonly<Record<Exclude<Simple, 'share' | 'reissue'>, Deed>> = {
  extend: 'extended',
  resend: 'sent',
  confirm: 'confirmed',
  adopt: 'adopted',
  revoke: 'revoked',
};

export const doToOne: ConsolePage = async (site, ctx, visitor) => {
  const deed = String(ctx['params']['deed']);
  const fields = await readConsoleForm(site, ctx, visitor);
  if (deed === 'change') return change(site, ctx, { visitor, fields });
  if (deed === 'undo') return undo(site, ctx, { visitor, fields });
  if (!isSimple(deed)) throw new Failure('page_not_found');
  if (deed === 'share' || deed === 'reissue') return shareAgain(site, ctx, { visitor, deed });
  const doing = { site, ctx, visitor };
  const params = { invitationId: idOf(ctx) };
  if (deed === 'extend') {
    const by = extensionSchema.catch(604_800).parse(fields['by']);
    await operate(doing, 'extendInvitation', { params, body: { bySeconds: by } });
  } else await operate(doing, simpleOperations[deed], { params });
  if (deed === 'revoke') await forgetShared(site, visitor, idOf(ctx));
  leadOn(site, ctx, { to: pathOf(ctx), done: done[deed] });
};

const simpleOperations = {
  resend: 'resendInvitation',
  confirm: 'confirmInvitation',
  adopt: 'adoptInvitation',
  revoke: 'revokeInvitation',
} as const;

type Sharing = { readonly visitor: Visitor; readonly deed: 'share' | 'reissue' };

async function shareAgain(site: ConsoleSite, ctx: Context, { visitor, deed }: Sharing): Promise<void> {
  const doing = { site, ctx, visitor };
  const params = { invitationId: idOf(ctx) };
  const issued =
    deed === 'share' ? await operate(doing, 'shareInvitation', { params }) : await operate(doing, 'reissueInvitation', { params });
  await forgetShared(site, visitor, idOf(ctx));
  const to: ConsolePath = `/admin/invitations/${encodeURIComponent(issued.id)}`;
  if (await keepShared(site, visitor, issued)) return leadTo(ctx, consoleHref(site, `${to}/sheet`));
  leadOn(site, ctx, { to, done: 'sent' });
}

type Changing = { readonly visitor: Visitor; readonly typed: Fields | undefined; readonly errors: FieldErrors };

async function showChange(site: ConsoleSite, ctx: Context, { visitor, typed, errors }: Changing): Promise<void> {
  const { wire, invitation } = await requireShown(site, ctx, visitor);
  const asItIs = { places: String(wire.maxUses), until: '', start: '', pin: 'keep' };
  const data = {
    ...consoleForm(site, visitor, pathOf(ctx, '/change')),
    invitation: { ...invitation, hasPin: wire.hasPin },
    typed: typed ?? asItIs,
    errors,
    backHref: consoleHref(site, pathOf(ctx)),
  };
  visitor.show({ page: 'console/invitation-change', data, status: formStatus(errors) });
}

const changeSchema = z.strictObject({
  places: optional(placesField),
  until: optional(dayOrInstant),
  start: optional(dayOrInstant),
  pin: z.enum(['keep', 'new', 'none'], 'other').default('keep'),
});

async function change(
  site: ConsoleSite,
  ctx: Context,
  { visitor, fields }: { readonly visitor: Visitor; readonly fields: Fields },
): Promise<void> {
  const form = checkForm(changeSchema, fields);
  if (!form.ok) return showChange(site, ctx, { visitor, typed: fields, errors: form.errors });
  const { places, until, start, pin } = form.value;
  const body = {
    ...(places === undefined ? {} : { maxUses: places }),
    ...(until === undefined ? {} : { expiresAt: endOfDay(until).toISOString() }),
    ...(start === undefined ? {} : { startsAt: new Date(start).toISOString() }),
    ...(pin === 'keep' ? {} : { pin: pin === 'new' ? (true as const) : null }),
  };
  try {
    const changed = await operate({ site, ctx, visitor }, 'changeInvitation', { params: { invitationId: idOf(ctx) }, body });
    if (await keepShared(site, visitor, { id: changed.id, pin: changed.pin, awaitsConfirmation: changed.awaitsConfirmation }))
      return leadTo(ctx, consoleHref(site, pathOf(ctx, '/sheet')));
    leadOn(site, ctx, { to: pathOf(ctx), done: 'saved' });
  } catch (error) {
    const errors = errorsOfWish(error);
    if (!errors) throw error;
    await showChange(site, ctx, { visitor, typed: fields, errors });
  }
}

/** On one page. */
const mostGiven = 100;

async function showUndo(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const { invitation } = await requireShown(site, ctx, visitor);
  const cursor = cursorSchema.parse(ctx.query['cursor']);
  const query = { limit: mostGiven, ...(cursor === undefined ? {} : { cursor }) };
  const { items, next } = await operate({ site, ctx, visitor }, 'listGiven', { params: { invitationId: idOf(ctx) }, query });
  const href = consoleHref(site, pathOf(ctx, '/undo'));
  const data = {
    ...consoleForm(site, visitor, pathOf(ctx, '/undo')),
    invitation,
    given: items.map(({ accountId: id, name, email, grants }) => ({ id, name: name ?? id, email: email ?? undefined, grants })),
    place: placeIn(cursor === undefined ? {} : { cursor }),
    isNothingChosen: ctx.query['nothing'] === 'yes',
    startHref: cursor === undefined ? undefined : href,
    nextHref: next && `${href}?${new URLSearchParams({ cursor: next })}`,
    backHref: consoleHref(site, pathOf(ctx)),
  };
  visitor.show({ page: 'console/invitation-undo', data });
}

async function undo(
  site: ConsoleSite,
  ctx: Context,
  { visitor, fields }: { readonly visitor: Visitor; readonly fields: Fields },
): Promise<void> {
  const accountIds = pickedOf(fields);
  if (accountIds.length === 0) return leadToNothing(site, ctx, listAt(pathOf(ctx, '/undo'), placeGiven(fields['place'])));
  const { items } = await operate({ site, ctx, visitor }, 'undoInvitation', { params: { invitationId: idOf(ctx) }, body: { accountIds } });
  leadOn(site, ctx, { to: pathOf(ctx), done: 'takenBack', count: items.length });
}

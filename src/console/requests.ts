/** `/admin/requests`: who asks to be invited, oldest first. An approval mails them an invitation; a refusal may say why. */
import type { Context } from 'koa';
import { z } from 'zod';
import { slugPattern } from '../group/group.ts';
import { leadTo } from '../lib/answer.ts';
import { checkForm, type FieldErrors, formStatus, textOfLines } from '../lib/form.ts';
import { cursorSchema } from './cursor.ts';
import { type Answered, codeOf, tellAnswers } from './answers.ts';
import { consoleForm, consoleHref, type ConsoleForm, pickedOf, readConsoleForm } from './forms.ts';
import { operate } from './operate.ts';
import type { ConsoleSite, Visitor } from './site.ts';
import { leadToNothing, leadToStart, listAt, placeIn } from './way-back.ts';

export type ShownRequest = {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly group: string;
  readonly note: string;
  readonly source: string | undefined;
  readonly askedAt: Date;
};

export type RequestsData = {
  'console/requests': {
    readonly requests: readonly ShownRequest[];
    readonly group: string;
    readonly desks: readonly { readonly value: string; readonly label: string }[];
    readonly pick: ConsoleForm;
    /** Of this page; empty: the first. Those that were chosen are looked for there. */
    readonly cursor: string;
    readonly isNothingChosen: boolean;
    readonly listHref: string;
    readonly desksHref: string;
    readonly startHref: string | undefined;
    readonly nextHref: string | undefined;
  };
  'console/requests-decline': ConsoleForm & {
    readonly names: readonly string[];
    readonly ids: string;
    readonly cursor: string;
    readonly group: string;
    readonly message: string;
    readonly errors: FieldErrors;
    readonly backHref: string;
  };
};

const pageSize = 50;
const most = 200;
const idsSchema = z
  .string()
  .max(10_000)
  .catch('')
  .transform((text) => [...new Set(text.split(',').filter((id) => z.uuid().safeParse(id).success))].slice(0, most));

/** Which page of the list: those that were chosen are there, however many come before. */
type Place = { readonly cursor: string; readonly group: string };

function placeOf({ cursor, group }: Readonly<Record<string, unknown>>): Place {
  return {
    cursor: cursorSchema.parse(cursor) ?? '',
    group: slugPattern.exec(String(group ?? ''))?.[0] ?? '',
  };
}

function said(place: Place): Partial<Place> {
  return Object.fromEntries(Object.entries(place).filter(([, value]) => value !== ''));
}

const listOf = (place: Place) => listAt('/admin/requests', placeIn(place));

export async function showRequests(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const doing = { site, ctx, visitor };
  const place = placeOf(ctx.query);
  const { cursor, group } = place;
  const [{ items: desks }, { items, next }] = await Promise.all([
    operate(doing, 'listRequestDesks', {}),
    operate(doing, 'listRequests', { query: { limit: pageSize, ...said(place) } }),
  ]);
  const startHref = consoleHref(site, listOf({ cursor: '', group }));
  if (cursor && items.length === 0 && !next) return leadToStart(ctx, startHref);
  const names = new Map(desks.map(({ slug, name }) => [slug, name]));
  visitor.show({
    page: 'console/requests',
    data: {
      requests: items.map(({ id, name, email, note, source, confirmedAt, group: slug }) => ({
        id,
        name,
        email,
        note,
        source: source ?? undefined,
        group: names.get(slug) ?? slug,
        askedAt: new Date(confirmedAt),
      })),
      ...place,
      desks: desks.map(({ slug: value, name: label }) => ({ value, label })),
      pick: consoleForm(site, visitor, '/admin/requests/decide'),
      isNothingChosen: ctx.query['nothing'] === 'yes',
      listHref: consoleHref(site, '/admin/requests'),
      desksHref: consoleHref(site, '/admin/requests/desks'),
      startHref: cursor ? startHref : undefined,
      nextHref: next && consoleHref(site, listOf({ group, cursor: next })),
    },
  });
}

const declineSchema = z.object({ tell: z.literal('yes').optional(), message: textOfLines(1_000).default('') });

/** Approving is done at once; declining is asked about first, with words to those who asked. */
export async function decideRequests(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const fields = await readConsoleForm(site, ctx, visitor);
  const ids = idsSchema.parse(fields['ids'] ?? pickedOf(fields).join(','));
  const isAsking = fields['deed'] === 'ask';
  const place = placeOf(fields);
  if (ids.length === 0) return leadToNothing(site, ctx, listOf(place));
  if (isAsking) {
    const query = placeIn({ ids: ids.join(','), ...place });
    return leadTo(ctx, `${consoleHref(site, '/admin/requests/decline')}?${query}`);
  }
  if (fields['deed'] !== 'decline') return decide(site, ctx, { visitor, ids, place, body: undefined });
  const form = checkForm(declineSchema, fields);
  if (!form.ok) return showDecline(site, ctx, { visitor, ids, place, message: fields['message'] ?? '', errors: form.errors });
  const { tell, message } = form.value;
  await decide(site, ctx, { visitor, ids, place, body: tell ? { message } : {} });
}

type Deciding = Chosen & {
  /** Undefined: they are invited. */
  readonly body: { readonly message?: string } | undefined;
};

async function decide(site: ConsoleSite, ctx: Context, { visitor, ids, place, body }: Deciding): Promise<void> {
  const doing = { site, ctx, visitor };
  const names = await namesFor(site, ctx, { visitor, ids, place });
  const answers: Answered[] = [];
  for (const requestId of ids) {
    const params = { requestId };
    const work = () => (body ? operate(doing, 'declineRequest', { params, body }) : operate(doing, 'approveRequest', { params }));
    answers.push({ name: names.get(requestId) ?? requestId, path: undefined, code: await codeOf(work) });
  }
  await tellAnswers(site, ctx, { visitor, area: 'requests', place: placeIn(place), answers, done: body ? 'declined' : 'approved' });
}

type Chosen = { readonly visitor: Visitor; readonly ids: readonly string[]; readonly place: Place };

async function namesFor(site: ConsoleSite, ctx: Context, { visitor, ids, place }: Chosen): Promise<ReadonlyMap<string, string>> {
  const { items } = await operate({ site, ctx, visitor }, 'listRequests', { query: { limit: most, ...said(place) } });
  return new Map(items.filter(({ id }) => ids.includes(id)).map(({ id, name, email }) => [id, `${name} <${email}>`]));
}

export async function askToDecline(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const ids = idsSchema.parse(ctx.query['ids']);
  await showDecline(site, ctx, { visitor, ids, place: placeOf(ctx.query), message: '', errors: {} });
}

async function showDecline(
  site: ConsoleSite,
  ctx: Context,
  { visitor, ids, place, message, errors }: Chosen & { readonly message: string; readonly errors: FieldErrors },
): Promise<void> {
  const names = await namesFor(site, ctx, { visitor, ids, place });
  const data = {
    ...place,
    ...consoleForm(site, visitor, '/admin/requests/decide'),
    names: [...names.values()],
    ids: [...names.keys()].join(','),
    message,
    errors,
    backHref: consoleHref(site, listOf(place)),
  };
  visitor.show({ page: 'console/requests-decline', data, status: formStatus(errors) });
}

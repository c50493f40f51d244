/**
 * `/admin/campaigns/new`: what a campaign is to be, then a dry run of its rows on a page of its own, where the columns of
 * a file can be said, and only then the campaign. In between it rests as a draft, for this session alone.
 */
import type { Context } from 'koa';
import { z } from 'zod';
import { createOnlyOnce } from '../admin/once.ts';
import { mostCards, mostRows } from '../campaign/draft.ts';
import { Failure } from '../errors.ts';
import { leadTo, localeOf } from '../lib/answer.ts';
import type { Transaction } from '../lib/db.ts';
import { checkForm, type FieldErrors, type Fields, formStatus } from '../lib/form.ts';
import { leadOn } from './done.ts';
import { consoleForm, consoleHref, readConsoleForm } from './forms.ts';
import type { ColumnChoice, DryRun } from './campaign-data.ts';
import {
  columnsOf,
  type Draft,
  draftKey,
  endDraft,
  findCampaignDraft,
  findMade,
  formOfDraft,
  keepDraft,
  makeOf,
  noColumns,
  tryOut,
} from './campaign-draft.ts';
import { type CampaignForm, campaignForm, errorsOfCampaign } from './campaign-form.ts';
import { campaignPath, givesOf } from './campaign-shown.ts';
import { type UploadedFile, readUpload } from './campaign-upload.ts';
import { groupNames } from './campaigns.ts';
import { gathered } from './invitation-form.ts';
import { operate } from './operate.ts';
import type { ConsoleSite, Visitor } from './site.ts';

const onlyOnce = createOnlyOnce();
const day = 24 * 60 * 60;

export async function showNewCampaign(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const draft = await findCampaignDraft(site, visitor, ctx.query['draft']);
  const made = draft ? undefined : await findMade(site, visitor, ctx.query['draft']);
  if (made) return leadTo(ctx, consoleHref(site, campaignPath(made)));
  const usual = { source: 'pasted', key: site.random(16).toString('base64url'), locale: localeOf(site.renderer, ctx) };
  await formPage(site, ctx, {
    visitor,
    typed: draft ? { ...draft.fields, key: draft.key } : usual,
    errors: {},
    fileName: draft?.file?.name,
  });
}

type Page = { readonly visitor: Visitor; readonly typed: Fields; readonly errors: FieldErrors; readonly fileName: string | undefined };

async function formPage(site: ConsoleSite, ctx: Context, { visitor, ...page }: Page): Promise<void> {
  const doing = { site, ctx, visitor };
  const [groups, rights, templates] = await Promise.all([
    site.guestlist.mayInviteTo(visitor.account.id),
    visitor.caller.isAdmin ? operate(doing, 'listRights', {}) : undefined,
    operate(doing, 'listTemplates', {}),
  ]);
  const data = {
    ...consoleForm(site, visitor, '/admin/campaigns/new'),
    ...page,
    groups,
    rights: rights?.items.map(({ name }) => name) ?? [],
    templates: templates.items.map(({ name }) => name),
    locales: site.renderer.texts.locales,
    lifetimes: [3, 7, 14, 30, 90].map((days) => days * day),
    mostRows,
    mostCards,
    listHref: consoleHref(site, '/admin/campaigns'),
  };
  visitor.show({ page: 'console/campaign-new', data, status: formStatus(page.errors) });
}

/** A file that was chosen in an earlier try is still there. */
async function fileOf(
  site: ConsoleSite,
  visitor: Visitor,
  { key, file }: { readonly key: string; readonly file: UploadedFile | undefined },
) {
  if (file) return { name: file.name, text: file.bytes.toString('base64') };
  return (await findCampaignDraft(site, visitor, key))?.file;
}

export async function draftCampaign(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const { fields, file: uploaded } = await readUpload(site, ctx, visitor);
  const { key: given, ...typed } = fields;
  const key = draftKey.safeParse(given).data ?? site.random(16).toString('base64url');
  const file = await fileOf(site, visitor, { key, file: uploaded });
  const draft: Draft = { key, fields: typed, file };
  if (file) await keepDraft(site, visitor, draft);
  const again = (errors: FieldErrors) => formPage(site, ctx, { visitor, typed: { ...typed, key }, errors, fileName: file?.name });
  const form = checkForm(campaignForm, gathered(typed) as Fields);
  const missing = typed['source'] === 'file' && !file ? { file: 'file_required' } : {};
  if (!form.ok) return again({ ...form.errors, ...missing });
  if ('file' in missing) return again(missing);
  const found = await lookAt(site, ctx, { visitor, draft, form: form.value, columns: noColumns });
  if (found.errors) return again(found.errors);
  await keepDraft(site, visitor, draft);
  leadTo(ctx, consoleHref(site, `/admin/campaigns/new/${key}`));
}

type Looking = {
  readonly visitor: Visitor;
  readonly draft: Draft;
  readonly form: CampaignForm;
  readonly columns: ColumnChoice;
  readonly transaction?: Transaction;
};
type Looked = { readonly dryRun?: DryRun; readonly errors?: FieldErrors; readonly complaint?: string };

/** What is wrong with the rows is told beside them, what is wrong with the wish beside its field. */
async function lookAt(site: ConsoleSite, ctx: Context, { visitor, transaction, ...looking }: Looking): Promise<Looked> {
  try {
    return { dryRun: await tryOut({ site, ctx, visitor, ...(transaction && { transaction }) }, looking) };
  } catch (error) {
    const complaint = complaintAboutRows(error);
    if (complaint) return { complaint };
    const errors = errorsOfCampaign(error);
    if (!errors) throw error;
    return { errors };
  }
}

function complaintAboutRows(error: unknown): string | undefined {
  if (!(error instanceof Failure) || error.code !== 'wish_invalid') return undefined;
  const { field, problem } = error.detail as { readonly field?: unknown; readonly problem?: unknown };
  const place = String(field);
  if (place.startsWith('columns')) return /clear/.test(String(problem)) ? 'columns_unclear' : 'no_such_column';
  if (place !== 'rows') return undefined;
  return /UTF-16/.test(String(problem)) ? 'utf16' : /UTF-8/.test(String(problem)) ? 'not_text' : 'no_rows';
}

const number = z
  .string()
  .regex(/^\d{1,3}$/)
  .or(z.literal(''))
  .catch('');
const columnsSchema = z.object({ email: number, name: number, key: number });

/** Throws `page_not_found`: it has been too long, or somebody else's. */
async function requireDraft(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<Draft> {
  const draft = await findCampaignDraft(site, visitor, ctx['params']['draft']);
  if (!draft) throw new Failure('page_not_found');
  return draft;
}

export async function showCheck(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const made = await findMade(site, visitor, ctx['params']['draft']);
  if (made) return leadTo(ctx, consoleHref(site, campaignPath(made)));
  const draft = await requireDraft(site, ctx, visitor);
  await checkPage(site, ctx, { visitor, draft, form: formOfDraft(draft), columns: columnsSchema.parse(ctx.query) });
}

async function checkPage(site: ConsoleSite, ctx: Context, looking: Looking & { readonly complaint?: string }): Promise<void> {
  const { visitor, draft, form, columns } = looking;
  const path = `/admin/campaigns/new/${draft.key}` as const;
  const [found, names] = await Promise.all([lookAt(site, ctx, looking), groupNames(site, visitor)]);
  const complaint = looking.complaint ?? found.complaint ?? (found.errors ? 'not_possible' : undefined);
  const data = {
    ...consoleForm(site, visitor, path),
    name: form.name,
    source: form.source,
    fileName: draft.file?.name,
    columns: form.source === 'file' && draft.file ? await columnsOf(draft.file) : [],
    chosen: columns,
    dryRun: found.dryRun,
    complaint,
    gives: givesOf(form, names),
    checkHref: consoleHref(site, path),
    changeHref: `${consoleHref(site, '/admin/campaigns/new')}?draft=${draft.key}`,
  };
  visitor.show({ page: 'console/campaign-check', data, status: complaint ? 422 : 200 });
}

/** As it is, nothing can be made of the draft. */
class NotMade extends Error {
  readonly looking: Looking & { readonly complaint?: string };
  constructor(looking: Looking & { readonly complaint?: string }) {
    super('no campaign was made');
    this.looking = looking;
  }
}

/** The draft is looked at only the first time: whoever sends it twice has invited everybody, and it is gone. */
export async function makeCampaign(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const columns = columnsSchema.parse(await readConsoleForm(site, ctx, visitor));
  const name = String(ctx['params']['draft']);
  const once = { accountId: visitor.account.id, key: `console campaign ${name}`, wish: JSON.stringify([name, columns]) };
  try {
    const { id } = await onlyOnce(site, once, (transaction) => makeOfDraft(site, ctx, { visitor, columns, transaction }));
    await endDraft(site, visitor, { key: name, id });
    leadOn(site, ctx, { to: campaignPath(id), done: 'created' });
  } catch (error) {
    if (!(error instanceof NotMade)) throw error;
    await checkPage(site, ctx, error.looking);
  }
}

type Making = Pick<Looking, 'visitor' | 'columns'> & { readonly transaction: Transaction };

/** Throws `NotMade`. */
async function makeOfDraft(site: ConsoleSite, ctx: Context, { visitor, columns, transaction }: Making): Promise<{ readonly id: string }> {
  const draft = await requireDraft(site, ctx, visitor);
  const looking = { visitor, draft, form: formOfDraft(draft), columns };
  const { dryRun } = await lookAt(site, ctx, { ...looking, transaction });
  if (!dryRun) throw new NotMade(looking);
  if (dryRun.valid === 0) throw new NotMade({ ...looking, complaint: 'nobody_new' });
  return { id: await makeOf({ site, ctx, visitor, transaction }, looking) };
}

/** Many at once: which were chosen, and afterwards what became of each. Each is done by itself: one refusal stops no other. */
import type { Context } from 'koa';
import { z } from 'zod';
import { refusalOf } from '../admin/row-answer.ts';
import { errors, type FailureCode, Failure } from '../errors.ts';
import { leadTo } from '../lib/answer.ts';
import { type Deed, leadOn } from './done.ts';
import { type ConsolePath, consoleHref } from './forms.ts';
import type { AnswersData } from './invitation-data.ts';
import { findKept, keep } from './kept.ts';
import type { ConsoleSite, Visitor } from './site.ts';
import { listAt } from './way-back.ts';

export type Answered = { readonly name: string; readonly path: ConsolePath | undefined; readonly code: FailureCode | undefined };

const keptSchema = z.object({
  area: z.enum(['invitations', 'approvals', 'requests']),
  place: z.string(),
  answers: z.array(z.object({ name: z.string(), path: z.string().optional(), code: z.string().optional() })),
});

export type Telling = {
  readonly visitor: Visitor;
  readonly area: AnswersData['area'];
  /** In its list, see `placeIn`. */
  readonly place: string;
  readonly answers: readonly Answered[];
  readonly done: Deed;
};

/** Where all went well, the list says how many; else each is named with what became of it. */
export async function tellAnswers(site: ConsoleSite, ctx: Context, { visitor, area, place, answers, done }: Telling): Promise<void> {
  if (answers.length > 0 && answers.every(({ code }) => code === undefined))
    return leadOn(site, ctx, { to: listAt(`/admin/${area}`, place), done, count: answers.length });
  const name = site.random(16).toString('base64url');
  await keep(site, visitor, { kind: 'answers', name, value: { area, place, answers } });
  leadTo(ctx, consoleHref(site, `/admin/answers/${name}`));
}

export async function showAnswers(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const found = await findKept(site, visitor, { kind: 'answers', name: String(ctx['params']['name']) });
  if (found === undefined) throw new Failure('page_not_found');
  const { area, place, answers } = keptSchema.parse(found);
  const data: AnswersData = {
    area,
    answers: answers.map(({ name, path, code }) => ({ name, href: path && consoleHref(site, path as ConsolePath), code: toCode(code) })),
    backHref: consoleHref(site, listAt(`/admin/${area}`, place)),
  };
  visitor.show({ page: 'console/answers', data });
}

export function toCode(code: string | undefined): FailureCode | undefined {
  return code === undefined || code in errors ? (code as FailureCode | undefined) : 'server_error';
}

/** Undefined: it was done. Throws what is no refusal. */
export async function codeOf(work: () => Promise<unknown>): Promise<FailureCode | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return toCode(refusalOf(error).code);
  }
}

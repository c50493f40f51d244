/**
 * Forms of the console: each serves one person, signed in here once, at one address, and nothing that another site sends. It
 * still does when they had to prove anew who they are meanwhile, in this tab or in another.
 */
import type { Context } from 'koa';
import { Failure } from '../errors.ts';
import { ownPath } from '../invitation/host.ts';
import { type Fields, readOwnForm } from '../lib/form.ts';
import type { ConsoleSession } from './session.ts';
import type { ConsoleSite } from './site.ts';

export type ConsolePath = '/admin' | `/admin/${string}`;

/** What the template of a form needs. */
export type ConsoleForm = { readonly action: string; readonly formToken: string };

type Whose = { readonly session: Pick<ConsoleSession, 'accountId' | 'sessionUid'> };

/** As a browser asks for it. */
export function consoleHref({ issuer }: Pick<ConsoleSite, 'issuer'>, path: ConsolePath): string {
  return ownPath(issuer, path);
}

/** For a form that is posted to this page. */
export function consoleForm(site: Pick<ConsoleSite, 'issuer' | 'formToken'>, visitor: Whose, path: ConsolePath): ConsoleForm {
  return { action: consoleHref(site, path), formToken: tokenFor(site, visitor, path) };
}

function tokenFor({ formToken }: Pick<ConsoleSite, 'formToken'>, { session }: Whose, path: string): string {
  return formToken(`console ${session.accountId} ${session.sessionUid} ${path}`);
}

/** Nobody types it, and PostgreSQL takes it in no text. Throws `form_invalid`. */
export function refuseNul(fields: Fields): void {
  if (
    Object.entries(fields)
      .flat()
      .some((text) => text.includes('\0'))
  )
    throw new Failure('form_invalid');
}

const whole = new WeakMap<Context, Fields>();

/** Its fields, each once, without the token. Throws `foreign_origin`, `form_expired`, `form_invalid`, `body_too_large`. */
export async function readConsoleForm(site: Pick<ConsoleSite, 'issuer' | 'formToken'>, ctx: Context, visitor: Whose): Promise<Fields> {
  const known = whole.get(ctx);
  if (known) return known;
  const { form_token, ...fields } = await readOwnForm(ctx.req, new URL(site.issuer).origin);
  if (form_token !== tokenFor(site, visitor, ctx.path)) throw new Failure('form_expired');
  refuseNul(fields);
  whole.set(ctx, fields);
  return fields;
}

/** Of a table whose rows can be chosen: the names of its boxes are `pick:` and the row's id. */
export function pickedOf(fields: Fields): string[] {
  return Object.keys(fields).flatMap((name) => (name.startsWith('pick:') ? [name.slice(5)] : []));
}

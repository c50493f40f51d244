/**
 * Which language a request is answered in: `ui_locales`, what the person has chosen before, the invitation's, the
 * browser's. Owns the cookie of the choice, and what is known of the invitation; the words are `text.ts`.
 */
import type { IncomingMessage } from 'node:http';
import type { Context } from 'koa';
import type { Texts } from './text.ts';

type CookieContext = Pick<Context, 'cookies'>;

/** No secret, and whoever plants one changes a language: it needs no prefix. */
const cookieName = 'guestlist_locale';
const cookieSeconds = 365 * 24 * 60 * 60;

/** On a page of an interaction it is chosen for that one, whatever language its app has asked for. */
type Choice = { readonly locale: string; readonly interaction: string | undefined };

function readChoice(ctx: CookieContext): Choice | undefined {
  const [, locale, interaction] =
    /^([A-Za-z0-9-]{1,35})(?:\.([\w-]{1,64}))?$/.exec(ctx.cookies.get(cookieName, { signed: false }) ?? '') ?? [];
  return locale === undefined ? undefined : { locale, interaction };
}

/** `page` is where it was chosen, a path. */
export function writeChoice(ctx: CookieContext, { locale, page, secure }: { locale: string; page: string; secure: boolean }): void {
  const interaction = interactionOf(page);
  // Behind a proxy that ends TLS the connection itself looks insecure.
  ctx.cookies.secure = secure;
  ctx.cookies.set(cookieName, interaction ? `${locale}.${interaction}` : locale, {
    signed: false,
    httpOnly: true,
    sameSite: 'lax',
    path: '/',
    overwrite: true,
    secure,
    maxAge: cookieSeconds * 1000,
  });
}

function interactionOf(path: string): string | undefined {
  return /\/interaction\/([\w-]{1,64})/.exec(path)?.[1];
}

const invitationLocales = new WeakMap<IncomingMessage, string>();

/** From now on this request is about an invitation in that language. */
export function noteInvitationLocale(request: IncomingMessage, locale: string | undefined): void {
  if (locale !== undefined) invitationLocales.set(request, locale);
}

/** `uiLocales` as the authorization request has it; `family` as `Texts.choose` takes it. */
export function chooseLocale(texts: Texts, ctx: Context, { uiLocales, family }: { uiLocales?: unknown; family?: string } = {}): string {
  const choice = readChoice(ctx);
  const isForThis = choice?.interaction !== undefined && choice.interaction === interactionOf(ctx.path);
  const wishes = {
    uiLocales: typeof uiLocales === 'string' && !isForThis ? uiLocales : undefined,
    chosen: choice?.locale,
    invitation: invitationLocales.get(ctx.req),
    acceptLanguage: ctx.get('Accept-Language'),
  };
  return texts.choose(wishes, family);
}

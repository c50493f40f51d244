/** How pages and redirects leave us: in the person's language, with the headers of `headers.ts`. Knows no page by name. */
import type { Context } from 'koa';
import type { Clock } from './clock.ts';
import { formTargetOf, type PageRules, setPageHeaders } from './headers.ts';
import { chooseLocale } from './language.ts';
import { familyOf, type Renderer } from './page.ts';

export type AnswerRules = PageRules & { readonly status?: number /** OIDC Core §3.1.2.1 */; readonly uiLocales?: unknown };

/** A page with its own data. Whoever shows many pages can stand in for whoever is asked for a few of them. */
export type PageOf<Pages> = { [Name in keyof Pages]: { readonly page: Name; readonly data: Pages[Name] } }[keyof Pages];

/** Of a page inside an authorization request: where its form may lead, and the language that was asked for. */
export function rulesOf(params: Readonly<Record<string, unknown>>): AnswerRules {
  return { formTargets: formTargetOf(params['redirect_uri']), uiLocales: params['ui_locales'] };
}

export type Show<Page> = (ctx: Context, answer: Page & AnswerRules) => void;

export function createShow<Pages>(renderer: Renderer, clock: Clock): Show<PageOf<Pages>> {
  const render = renderer.render<Record<string, unknown>>();
  return (ctx, answer: { readonly page: PropertyKey; readonly data: unknown } & AnswerRules) => {
    const { page, data, status = 200, uiLocales, ...rules } = answer;
    const name = String(page);
    const locale = chooseLocale(renderer.texts, ctx, { uiLocales, family: familyOf(name) });
    const body = render(name, data, { locale, now: clock(), here: hereOf(ctx, rules) });
    setPageHeaders(ctx, rules);
    ctx.set('Content-Language', locale);
    ctx.status = status;
    ctx.type = 'html';
    ctx.body = body;
  };
}

export function localeOf({ texts }: Renderer, ctx: Context, uiLocales?: unknown): string {
  return chooseLocale(texts, ctx, { uiLocales });
}

/** What answers a form cannot be come back to: what was typed would be lost. And a secret is not written into its page. */
function hereOf({ method, url }: Context, { secretAddress = false }: PageRules): string | undefined {
  return method === 'GET' && !secretAddress && url.length <= 2000 ? url : undefined;
}

/** 303: whatever the method was, the next request is a GET (RFC 9110 §15.4.4). */
export function leadTo(ctx: Context, location: string): void {
  setPageHeaders(ctx, { secretAddress: true });
  ctx.status = 303;
  ctx.set('Location', location);
  ctx.body = '';
}

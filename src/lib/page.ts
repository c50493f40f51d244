/**
 * Pages from templates. Owns finding a template by name, escaping, and the shell's language; a slice names its pages
 * and their data in its `pages.ts`. A page may be replaced by a file of the same name in an earlier folder.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Eta } from 'eta';
import { loadTexts, type Text, type Texts } from './text.ts';

export const viewsDir = new URL('../../views/', import.meta.url);

/** What every template gets besides its own data. */
export type Frame = {
  readonly locale: string;
  readonly dir: 'ltr' | 'rtl';
  readonly brand: string;
  /** Path before every link of ours, without a slash at its end: the issuer's path. */
  readonly base: string;
  readonly now: Date;
  readonly t: Text;
  /** `Thu 26 Nov 2026, 18:00 UTC` */
  readonly date: (instant: Date) => string;
};

export type Render<Pages> = <Name extends keyof Pages & string>(
  name: Name,
  data: Pages[Name],
  context: { readonly locale: string; readonly now: Date },
) => string;

export type Renderer = { readonly texts: Texts; render<Pages>(): Render<Pages> };

export function createRenderer({
  brand,
  base,
  overrides,
}: {
  readonly brand: string;
  readonly base: string;
  readonly overrides?: string | undefined;
}): Renderer {
  const texts = loadTexts(new URL('text/', viewsDir));
  const html = createEta(overrides, true);
  const plain = createEta(overrides, false);
  return {
    texts,
    render:
      () =>
      (name, data, { locale, now }) => {
        const frame: Frame = {
          locale,
          brand,
          base,
          now,
          dir: ['ar', 'fa', 'he', 'ur'].includes(locale) ? 'rtl' : 'ltr',
          t: texts.in(locale),
          date: (instant) => formatDate(instant, locale),
        };
        return (/\.(subject|text)$/.test(name) ? plain : html).render(name, strict({ ...frame, ...data }));
      },
  };
}

function createEta(overrides: string | undefined, autoEscape: boolean): Eta {
  const eta = new Eta({ views: fileURLToPath(viewsDir), cache: true, autoTrim: false, autoEscape });
  const standardPath = eta.resolvePath.bind(eta);
  eta.resolvePath = (template, options) => replacement(overrides, template) ?? standardPath(template, options);
  return eta;
}

function replacement(folder: string | undefined, template: string): string | undefined {
  if (!folder) return undefined;
  const file = join(folder, /\.\w+$/.test(template) ? template : `${template}.eta`);
  return existsSync(file) ? file : undefined;
}

function formatDate(instant: Date, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'short', timeZone: 'UTC' }).format(instant) + ' UTC';
}

/** A name the page's data does not have is a mistake of ours, not an empty place on the page. */
function strict<Data extends object>(data: Data): Data {
  return new Proxy(data, {
    get(target, name) {
      if (typeof name === 'string' && !(name in target)) throw new Error(`the page has no ${name}`);
      return Reflect.get(target, name);
    },
  });
}

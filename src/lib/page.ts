/**
 * Pages from templates. Owns finding a template by name, escaping, and the shell's language; a slice names its pages
 * and their data in its `pages.ts`. A page may be replaced by a file of the same name in an earlier folder.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Eta } from 'eta';
import { loadTexts, type Text, type TextReplacements, type Texts } from './text.ts';

export const viewsDir = new URL('../../views/', import.meta.url);

/** What every template gets besides its own data. */
export type Frame = {
  readonly locale: string;
  readonly dir: 'ltr' | 'rtl';
  readonly brand: string;
  /** The picture beside it, and how wide it is when it is 32 pixels high. */
  readonly mark: { readonly href: string; readonly width: number };
  /** In place of our first stylesheet, with other colours; undefined: ours. */
  readonly styleHref: string | undefined;
  /** For mails, where no stylesheet reaches. */
  readonly accent: string;
  /** Path before every link of ours, without a slash at its end: the issuer's path. */
  readonly base: string;
  /** Where the brand leads. */
  readonly home: string;
  readonly now: Date;
  readonly t: Text;
  /** `Thu 26 Nov 2026, 18:00 UTC` */
  readonly date: (instant: Date) => string;
  /** `26 Nov 2026, 18:00 UTC`, for tables */
  readonly moment: (instant: Date) => string;
  /** `26 November 2026`, in UTC */
  readonly day: (instant: Date) => string;
  /** Address of this page below `base`, to come back to in another language; undefined: there is no coming back. */
  readonly here: string | undefined;
  /** Every language that this page can be read in, by its own name. */
  readonly languages: readonly Language[];
};

type Language = { readonly locale: string; readonly name: string };

/** In a language that we do not have, the page is in the nearest that we have. */
type RenderContext = { readonly locale: string; readonly now: Date; readonly here?: string | undefined };

export type Render<Pages> = <Name extends keyof Pages & string>(name: Name, data: Pages[Name], context: RenderContext) => string;

export type Renderer = { readonly texts: Texts; render<Pages>(): Render<Pages> };

/** A page made by a function of the host instead of a template. What it returns is sent as it is: it has to escape. */
export type PageFunction<Data> = (page: Data & Frame) => string;

/** How pages look, where that is not as ever. Paths are below `base`. */
export type Look = {
  readonly mark?: { readonly path: string; readonly width: number } | undefined;
  readonly stylePath?: string | undefined;
  readonly accent?: string | undefined;
  /** For whoever reads none of the languages there are. Default: en. */
  readonly locale?: string | undefined;
};

export type RendererOptions = {
  /** A function is asked with each page. */
  readonly brand: string | (() => string);
  /** Asked with each page. */
  readonly look?: (() => Look) | undefined;
  readonly base: string;
  /** Default: `<base>/`. */
  readonly home?: string | undefined;
  /** A folder whose templates take the place of ours of the same name. */
  readonly views?: string | undefined;
  readonly pages?: Readonly<Record<string, PageFunction<never> | undefined>> | undefined;
  readonly texts?: TextReplacements | undefined;
};

export function createRenderer(options: RendererOptions): Renderer {
  const { brand, base, home = `${base}/`, pages = {}, look = asEver } = options;
  const loaded = loadTexts(new URL('text/', viewsDir), options.texts);
  const texts: Texts = { ...loaded, choose: (wishes, family) => loaded.choose({ ...wishes, otherwise: look().locale }, family) };
  const html = createEta(options.views, true);
  const plain = createEta(options.views, false);
  const names = new Map(texts.locales.map((locale) => [locale, ownName(locale)]));
  const languagesOf = (name: string) => texts.speaking(familyOf(name)).map((locale) => ({ locale, name: names.get(locale) ?? locale }));
  const frameOf = (locale: string, { now, here, languages }: RenderContext & Pick<Frame, 'languages'>): Frame => ({
    locale,
    brand: typeof brand === 'string' ? brand : brand(),
    ...looks(base, look()),
    base,
    home,
    now,
    here,
    languages,
    dir: rightToLeft.includes(locale.split('-')[0] ?? '') ? 'rtl' : 'ltr',
    t: texts.in(locale),
    date: (instant) => `${formatDate(instant, locale, { dateStyle: 'full', timeStyle: 'short' })} UTC`,
    moment: (instant) => `${formatDate(instant, locale, { dateStyle: 'medium', timeStyle: 'short' })} UTC`,
    day: (instant) => formatDate(instant, locale, { dateStyle: 'long' }),
  });
  return {
    texts,
    render: () => (name, data, context) => {
      const frame = frameOf(texts.choose({ chosen: context.locale }), { ...context, languages: languagesOf(name) });
      const page = strict({ ...frame, ...data });
      const own = pages[name];
      return own ? own(page as never) : (/\.(subject|text)$/.test(name) ? plain : html).render(name, page);
    },
  };
}

/** What the keys of its texts begin with, for `Texts.choose`. */
export function familyOf(page: string): string {
  return page.slice(0, page.indexOf('/'));
}

const usualAccent = '#1f5c4b';
/** In the page itself: a phone on a train need not ask for it. */
const usualMark = `data:image/svg+xml;base64,${readFileSync(new URL('assets/mark.svg', viewsDir)).toString('base64')}`;
const asEver = (): Look => ({});

function looks(base: string, { mark, stylePath, accent = usualAccent }: Look): Pick<Frame, 'mark' | 'styleHref' | 'accent'> {
  return {
    accent,
    styleHref: stylePath && base + stylePath,
    mark: mark ? { href: base + mark.path, width: mark.width } : { href: usualMark, width: 32 },
  };
}

const rightToLeft = ['ar', 'ckb', 'dv', 'fa', 'he', 'ps', 'sd', 'ug', 'ur', 'yi'];

/** `Français`, as a French person looks for it. */
function ownName(locale: string): string {
  const name = new Intl.DisplayNames([locale], { type: 'language' }).of(locale) ?? locale;
  return `${name.slice(0, 1).toLocaleUpperCase(locale)}${name.slice(1)}`;
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

/** One for each language and style: they take long to make. */
const dateFormats = new Map<string, Intl.DateTimeFormat>();

function formatDate(instant: Date, locale: string, style: Pick<Intl.DateTimeFormatOptions, 'dateStyle' | 'timeStyle'>): string {
  const key = `${locale} ${style.dateStyle} ${style.timeStyle}`;
  const known = dateFormats.get(key);
  const language = locale === 'en' ? 'en-GB' : locale;
  const format = known ?? new Intl.DateTimeFormat(language, { ...style, timeZone: 'UTC' });
  if (!known) dateFormats.set(key, format);
  return format.format(instant);
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

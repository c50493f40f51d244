/** Words by key and language: ICU MessageFormat catalogues, English the source of all others. */
import { readdirSync, readFileSync } from 'node:fs';
import { IntlMessageFormat } from 'intl-messageformat';

export type TextValues = Readonly<Record<string, string | number | Date>>;
export type Text = (key: string, values?: TextValues) => string;

/** Lists may be of any length and make no sense at all. */
type LanguageWishes = {
  /** OIDC Core §3.1.2.1: tags in order, with spaces between. */
  readonly uiLocales?: string | undefined;
  /** What the person has chosen before. */
  readonly chosen?: string | undefined;
  /** What the inviter thinks the invitee reads. */
  readonly invitation?: string | undefined;
  /** RFC 9110 §12.5.4. */
  readonly acceptLanguage?: string | undefined;
  /** For whoever reads none of ours. */
  readonly otherwise?: string | undefined;
};

export type Texts = {
  /** BCP 47, in canonical form. */
  readonly locales: readonly string[];
  /** Those that have the keys that begin with `family`. */
  speaking(family: string): readonly string[];
  /** Throws on a key that English does not have. */
  in(locale: string): Text;
  /**
   * The best language for a person: the first wish that we can fulfil, in the order above, else English. `family` is what
   * the keys that are needed begin with.
   */
  choose(wishes: LanguageWishes, family?: string): string;
};

/** By language and key; a language that we do not have is added, with English for what it lacks. */
export type TextReplacements = Readonly<Record<string, Readonly<Record<string, string>>>>;

const source = 'en';

/** What a language may leave out as a whole; its pages are then in another language that the person reads. */
const optionalFamilies = ['console'];

/** Reads every `<locale>.json` of a folder: flat objects of key to message. Throws `TypeError` for a replacement of no language. */
export function loadTexts(folder: URL, replacements: TextReplacements = {}): Texts {
  const catalogues = new Map<string, Record<string, string>>();
  for (const file of readdirSync(folder)) {
    if (file.endsWith('.json')) catalogues.set(file.slice(0, -5), JSON.parse(readFileSync(new URL(file, folder), 'utf8')));
  }
  for (const [locale, texts] of Object.entries(replacements)) {
    if (!isCanonical(locale)) throw new TypeError(`texts: ${JSON.stringify(locale)} is no language tag such as pt-BR`);
    catalogues.set(locale, { ...catalogues.get(locale), ...texts });
  }
  const texts = new Map(
    [...catalogues].map(([locale, catalogue]) => [locale, catalogueText(locale, { ...catalogues.get(source), ...catalogue })]),
  );
  const locales = [...catalogues.keys()].sort();
  const has = (locale: string, family: string) => Object.keys(catalogues.get(locale) ?? {}).some((key) => key.startsWith(`${family}.`));
  const spoken = new Map(optionalFamilies.map((family) => [family, locales.filter((locale) => has(locale, family))]));
  const speaking = (family: string) => spoken.get(family) ?? locales;
  return {
    locales,
    speaking,
    in: (locale) => texts.get(locale) ?? (texts.get(source) as Text),
    choose: ({ uiLocales, chosen, invitation, acceptLanguage, otherwise }, family = '') => {
      const tags = [...wishedTags(uiLocales, ' '), chosen, invitation, ...wishedTags(acceptLanguage, ','), otherwise];
      const known = speaking(family);
      return tags.map((tag = '') => lookUp(tag.toLowerCase(), known)).find((locale) => locale !== undefined) ?? source;
    },
  };
}

function isCanonical(locale: string): boolean {
  try {
    return Intl.getCanonicalLocales(locale)[0] === locale;
  } catch {
    return false;
  }
}

function catalogueText(locale: string, catalogue: Readonly<Record<string, string>>): Text {
  const formats = new Map<string, IntlMessageFormat>();
  return (key, values = {}) => {
    const message = catalogue[key];
    if (message === undefined) throw new Error(`no text for ${key}`);
    const format = formats.get(key) ?? new IntlMessageFormat(message, locale, undefined, { ignoreTag: true });
    formats.set(key, format);
    return String(format.format({ ...values }));
  };
}

function wishedTags(list: string | undefined, separator: string): string[] {
  return (list ?? '')
    .slice(0, 500)
    .split(separator)
    .map((wish) => {
      const [tag = '', quality = 'q=1'] = wish.trim().split(';');
      return { tag: tag.trim(), quality: Number(quality.trim().replace(/^q=/, '')) };
    })
    .filter(({ quality }) => quality > 0)
    .sort((one, other) => other.quality - one.quality)
    .map(({ tag }) => tag);
}

/** RFC 4647 §3.4: who wants fr-CA reads fr. And who wants pt reads pt-BR, where that is the only Portuguese there is. */
function lookUp(wish: string, locales: readonly string[]): string | undefined {
  for (let range = wish; range !== ''; range = range.slice(0, Math.max(0, range.lastIndexOf('-')))) {
    const found = locales.find((locale) => locale.toLowerCase() === range);
    if (found) return found;
  }
  return locales.find((locale) => locale.split('-')[0] === wish.split('-')[0]);
}

/** Words by key and language: ICU MessageFormat catalogues, English the source of all others. */
import { readdirSync, readFileSync } from 'node:fs';
import { IntlMessageFormat } from 'intl-messageformat';

export type TextValues = Readonly<Record<string, string | number | Date>>;
export type Text = (key: string, values?: TextValues) => string;

export type Texts = {
  readonly locales: readonly string[];
  /** Throws on a key that English does not have. */
  in(locale: string): Text;
  /** The best language for a person: `ui_locales` first, then the browser's wish, then English. */
  choose(wishes: { readonly uiLocales?: string | undefined; readonly acceptLanguage?: string | undefined }): string;
};

/** By language and key; a language that we do not have is added, with English for what it lacks. */
export type TextReplacements = Readonly<Record<string, Readonly<Record<string, string>>>>;

const source = 'en';

/** Reads every `<locale>.json` of a folder: flat objects of key to message. */
export function loadTexts(folder: URL, replacements: TextReplacements = {}): Texts {
  const catalogues = new Map<string, Record<string, string>>();
  for (const file of readdirSync(folder)) {
    if (file.endsWith('.json')) catalogues.set(file.slice(0, -5), JSON.parse(readFileSync(new URL(file, folder), 'utf8')));
  }
  for (const [locale, texts] of Object.entries(replacements)) catalogues.set(locale, { ...catalogues.get(locale), ...texts });
  const texts = new Map(
    [...catalogues].map(([locale, catalogue]) => [locale, catalogueText(locale, { ...catalogues.get(source), ...catalogue })]),
  );
  const locales = [...catalogues.keys()].sort();
  return {
    locales,
    in: (locale) => texts.get(locale) ?? (texts.get(source) as Text),
    choose: ({ uiLocales, acceptLanguage }) => firstKnown([...wishedTags(uiLocales, ' '), ...wishedTags(acceptLanguage, ',')], locales),
  };
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
      return { tag: tag.trim().toLowerCase(), quality: Number(quality.trim().replace(/^q=/, '')) };
    })
    .filter(({ quality }) => quality > 0)
    .sort((one, other) => other.quality - one.quality)
    .map(({ tag }) => tag);
}

function firstKnown(tags: readonly string[], locales: readonly string[]): string {
  const known = tags.map((tag) => tag.split('-')[0] ?? '').find((language) => locales.includes(language));
  return known ?? source;
}

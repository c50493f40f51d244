import { readdirSync, readFileSync } from 'node:fs';
import { IntlMessageFormat } from 'intl-messageformat';
import { describe, expect, it } from 'vitest';
import { errors } from '../../src/errors.ts';
import { viewsDir } from '../../src/lib/page.ts';

type Catalogue = Readonly<Record<string, string>>;

function catalogue(locale: string): Catalogue {
  return JSON.parse(readFileSync(new URL(`text/${locale}.json`, viewsDir), 'utf8'));
}

const english = catalogue('en');
const locales = readdirSync(new URL('text/', viewsDir)).map((file) => file.replace('.json', ''));
const translations = locales.filter((locale) => locale !== 'en');

/** The console may be left out by a language, but then as a whole; German has it. */
const isOfConsole = (key: string): boolean => key.startsWith('console.');
const keysFor = (locale: string): string[] => Object.keys(english).filter((key) => locale === 'de' || !isOfConsole(key));

/** Words that are the same in the language as in English, or no words at all. */
const same: Readonly<Record<string, readonly string[]>> = {
  de: ['pin.label', 'portal.account.name', 'sheet.pin'],
  fr: ['pin.label', 'sheet.pin'],
  es: ['layout.errorTitle', 'sheet.pin'],
  ar: [],
};
const wordless = ['domains.end', 'layout.title', 'places.name', 'queue.who'];

const templates = readdirSync(viewsDir, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.(eta|subject|text|html)$/.test(file))
  .map((file) => readFileSync(new URL(file, viewsDir), 'utf8'));

type Ast = ReturnType<IntlMessageFormat['getAst']>;

/** Names of the placeholders; those of a choice with its options. */
function placeholdersOf(message: string): string[] {
  return [...new Set(walk(new IntlMessageFormat(message, 'en', undefined, { ignoreTag: true }).getAst()))].sort();
}

function* walk(ast: Ast): Generator<string> {
  for (const part of ast) {
    if (part.type === 0 || part.type === 7 || part.type === 8) continue;
    const options = 'options' in part ? Object.entries(part.options) : [];
    // A language may need more plural forms than English, but never other choices.
    yield part.type === 5
      ? `${part.value}: ${options
          .map(([name]) => name)
          .sort()
          .join(' ')}`
      : part.value;
    for (const [, { value }] of options) yield* walk(value);
  }
}

/** Of each plural in a message the forms that it has: `one`, `=0`. */
function pluralsOf(message: string): string[][] {
  const walkOn = (ast: Ast): string[][] =>
    ast.flatMap((part) => {
      if (!('options' in part)) return [];
      const options = Object.entries(part.options);
      const inside = options.flatMap(([, { value }]) => walkOn(value));
      return part.type === 6 ? [options.map(([form]) => form), ...inside] : inside;
    });
  return walkOn(new IntlMessageFormat(message, 'en', undefined, { ignoreTag: true }).getAst());
}

const isCategory = (form: string): boolean => form !== 'other' && !form.startsWith('=');

/** What a message says whatever its values are. */
function wordsOf(message: string): string {
  const walkOn = (ast: Ast): string =>
    ast
      .map((part) => {
        if (part.type === 0) return part.value;
        return 'options' in part
          ? Object.values(part.options)
              .map(({ value }) => walkOn(value))
              .join(' ')
          : ' ';
      })
      .join('');
  return walkOn(new IntlMessageFormat(message, 'en', undefined, { ignoreTag: true }).getAst());
}

/** `error.${code}.title` names a family of keys. */
const families = templates
  .flatMap((template) => [...template.matchAll(/`([a-zA-Z]+\.[^`]*\$\{[^`]*)`/g)])
  .map(([, family = '']) => new RegExp(`^${family.replaceAll('.', '\\.').replace(/\$\{[^}]*\}/g, '\\w+')}$`));
const literals = new Set(templates.flatMap((template) => [...template.matchAll(/'([a-zA-Z]+(?:\.\w+)+)'/g)].map(([, key = '']) => key)));

describe('the texts', () => {
  it('are there in five languages', () => {
    expect(locales.sort()).toEqual(['ar', 'de', 'en', 'es', 'fr']);
  });

  it.each(translations)('have the same keys and placeholders in %s as in English', (locale) => {
    const other = catalogue(locale);
    const keys = keysFor(locale);
    expect(Object.keys(other).sort()).toEqual(keys.sort());
    for (const key of keys) expect(placeholdersOf(other[key] ?? ''), key).toEqual(placeholdersOf(english[key] ?? ''));
  });

  it.each(locales)('have every plural form of %s, wherever English tells one from many', (locale) => {
    const { pluralCategories } = new Intl.PluralRules(locale).resolvedOptions();
    for (const [key, message] of Object.entries(catalogue(locale))) {
      const plurals = pluralsOf(message).filter((forms) => forms.some(isCategory));
      for (const forms of plurals) expect(forms.filter((form) => !form.startsWith('=')).sort(), key).toEqual([...pluralCategories].sort());
      const tells = pluralsOf(english[key] ?? '').some((forms) => forms.some(isCategory));
      if (tells) expect(plurals, key).not.toEqual([]);
    }
  });

  it.each(translations)('leave nothing in English, in %s', (locale) => {
    const other = catalogue(locale);
    const left = Object.keys(other).filter((key) => other[key] === english[key] && !wordless.includes(key) && !isOfConsole(key));
    expect(left.sort()).toEqual(same[locale]);
  });

  it('hold no Latin letters in Arabic but names and abbreviations', () => {
    const found = new Set<string>();
    for (const message of Object.values(catalogue('ar')))
      for (const word of wordsOf(message).matchAll(/[\w@.]*\p{Script=Latin}[\w@.]*/gu)) found.add(word[0]);
    expect([...found].sort()).toEqual(['Ada', 'JSON', 'Park', 'QR', 'ada@example.org', 'example.org']);
  });

  it.each(Object.keys(errors))('tell what %s means, without any value', (code) => {
    for (const key of [`error.${code}.title`, `error.${code}.body`]) {
      for (const locale of locales) {
        const message = catalogue(locale)[key] ?? '';
        expect(message, `${locale} ${key}`).not.toBe('');
        expect(placeholdersOf(message)).toEqual([]);
      }
    }
  });

  it('tell of no error that does not exist', () => {
    const told = Object.keys(english)
      .filter((key) => /^error\.\w+\.title$/.test(key))
      .map((key) => key.split('.')[1]);
    expect(told.sort()).toEqual(Object.keys(errors).sort());
  });

  it('hold every key that a page names', () => {
    expect([...literals].filter((key) => !(key in english))).toEqual([]);
    expect(families.length).toBeGreaterThan(4);
  });

  it('hold nothing that no page needs', () => {
    const unused = Object.keys(english).filter((key) => !literals.has(key) && !families.some((family) => family.test(key)));
    expect(unused).toEqual([]);
  });

  it.each([
    ['field', 'known'],
    ['role', 'known'],
    ['scope', 'knownScopes'],
    ['claim', 'knownClaims'],
  ])('know exactly the words of %s that the pages ask for', (family, list) => {
    const source = templates.find((template) => template.includes(`const ${list} =`) && template.includes(`\`${family}.\${`)) ?? '';
    const known = source.match(new RegExp(`const ${list} = \\[(.*)\\]`))?.[1]?.match(/\w+/g) ?? [];
    const inTexts = Object.keys(english)
      .filter((key) => key.startsWith(`${family}.`) && !literals.has(key))
      .map((key) => key.slice(family.length + 1));
    expect(inTexts.filter((name) => name !== 'other').sort()).toEqual([...known].sort());
  });

  /** Names of people, groups and apps may run in the other direction; our own words and numbers do not. */
  it.each(locales)('keep the direction of names to the names, in %s', (locale) => {
    const ours = ['address', 'app', 'inviter', 'name', 'role'];
    for (const [key, message] of Object.entries(catalogue(locale))) {
      const bare = message.replace(/\u2068\{(\w+)\}\u2069/g, '');
      for (const name of ours) expect(bare, key).not.toContain(`{${name}}`);
    }
  });

  it.each(locales)('are typeset in %s: real apostrophes and quotes, no double spaces', (locale) => {
    for (const [key, message] of Object.entries(catalogue(locale))) expect(message, key).not.toMatch(/['"]| {2}|\.\.\.|^\s|\s$/);
  });

  it('are the only words: no template has any of its own', () => {
    const words = templates
      .map((template) =>
        template
          .replace(/<%[\s\S]*?%>/g, ' ')
          .replace(/<[^>]*>/g, ' ')
          .replace(/[\s·()"-]+/g, ' ')
          .trim(),
      )
      .filter((text) => /\p{L}{2,}/u.test(text));
    expect(words).toEqual([]);
  });
});

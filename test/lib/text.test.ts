import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { loadTexts } from '../../src/lib/text.ts';

const folder = mkdtempSync(join(tmpdir(), 'guestlist-texts-'));
write('en.json', {
  hello: 'Hello {name}',
  places: '{count, plural, one {# place} other {# places}}',
  only: 'English only',
  tag: '<b>{name}</b>',
});
write('de.json', { hello: 'Hallo {name}', places: '{count, plural, one {# Platz} other {# Plätze}}' });
write('ar.json', { hello: 'مرحبا {name}' });
writeFileSync(join(folder, 'README.txt'), 'not a language');
const texts = loadTexts(pathToFileURL(`${folder}/`));

afterAll(() => rmSync(folder, { recursive: true }));

function write(file: string, catalogue: object): void {
  writeFileSync(join(folder, file), JSON.stringify(catalogue));
}

describe('a text', () => {
  it('is in its language, with its values', () => {
    expect(texts.in('de')('hello', { name: 'Ada' })).toBe('Hallo Ada');
    expect(texts.in('de')('places', { count: 1 })).toBe('1 Platz');
    expect(texts.in('en')('places', { count: 1200 })).toBe('1,200 places');
    expect(texts.in('de')('places', { count: 1200 })).toBe('1.200 Plätze');
  });

  it('is in English where its language has none, or is unknown', () => {
    expect(texts.in('ar')('only')).toBe('English only');
    expect(texts.in('fr')('hello', { name: 'Ada' })).toBe('Hello Ada');
    expect(texts.in('__proto__')('only')).toBe('English only');
  });

  it('gives values back as they are: no value is a placeholder or a tag', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        expect(texts.in('en')('hello', { name })).toBe(`Hello ${name}`);
        expect(texts.in('en')('tag', { name })).toBe(`<b>${name}</b>`);
      }),
    );
  });

  it.each(['missing', 'hello.name', ''])('that English does not have is a mistake: %j', (key) => {
    expect(() => texts.in('de')(key)).toThrow(`no text for ${key}`);
  });

  it('without a value it needs is a mistake', () => {
    expect(() => texts.in('en')('hello')).toThrow();
  });
});

describe('the language', () => {
  it('is one of the catalogues there are', () => {
    expect(texts.locales).toEqual(['ar', 'de', 'en']);
  });

  it.each([
    // What the app asks for, what the browser asks for, and what it becomes.
    [undefined, undefined, 'en'],
    ['', '', 'en'],
    ['de', 'ar', 'de'],
    ['fr de en', 'ar', 'de'],
    ['fr', 'ar', 'ar'],
    ['de-AT', undefined, 'de'],
    ['DE', undefined, 'de'],
    [undefined, 'de', 'de'],
    [undefined, 'de-CH, fr;q=0.9', 'de'],
    [undefined, 'en;q=0.8, de', 'de'],
    [undefined, 'en;q=0.8,de;q=0.9,ar;q=0.1', 'de'],
    [undefined, 'de;q=0.5, en;q=0.5', 'de'],
    [undefined, 'de; q=0.2 , ar ; q=0.3', 'ar'],
    [undefined, 'de;q=0, en;q=0.1', 'en'],
    [undefined, 'de;q=0', 'en'],
    [undefined, 'fr, it;q=0.9', 'en'],
    [undefined, '*', 'en'],
    [undefined, 'de;q=x, ar;q=0.1', 'ar'],
    [undefined, '__proto__, constructor, ../de', 'en'],
    [undefined, `${'x,'.repeat(10_000)}de`, 'en'],
    ['../../etc/passwd de', undefined, 'de'],
    ['de-Latn-AT-1996', undefined, 'de'],
    ['deu', 'ar-EG', 'ar'],
    ['d', 'ar-EG', 'ar'],
  ])('for %j and %j is %s', (uiLocales, acceptLanguage, locale) => {
    expect(texts.choose({ uiLocales, acceptLanguage })).toBe(locale);
  });

  it.each([
    // What the app asks for, what was chosen before, the invitation's, the browser's, and what it becomes.
    ['de', 'ar', 'en', 'en', 'de'],
    ['fr', 'ar', 'de', 'en', 'ar'],
    [undefined, 'ar', 'de', 'en', 'ar'],
    [undefined, undefined, 'de', 'en', 'de'],
    [undefined, 'fr', 'de', 'en', 'de'],
    [undefined, '', 'fr', 'ar', 'ar'],
    [undefined, 'de-AT', undefined, 'ar', 'de'],
  ])('asked for %j, chosen %j, of the invitation %j, of the browser %j is %s', (uiLocales, chosen, invitation, acceptLanguage, locale) => {
    expect(texts.choose({ uiLocales, chosen, invitation, acceptLanguage })).toBe(locale);
  });

  it('is the nearest one that there is, by its script and its country', () => {
    const nearest = loadTexts(pathToFileURL(`${folder}/`), { 'pt-BR': {}, zh: {}, 'zh-Hant': {}, 'zh-Hant-HK': {} });
    const chosen = (acceptLanguage: string) => nearest.choose({ acceptLanguage });
    expect(['pt-BR', 'pt', 'pt-PT', 'PT-br'].map(chosen)).toEqual(['pt-BR', 'pt-BR', 'pt-BR', 'pt-BR']);
    expect(['zh-CN', 'zh-Hant-TW', 'zh-hant-hk', 'zh'].map(chosen)).toEqual(['zh', 'zh-Hant', 'zh-Hant-HK', 'zh']);
  });

  it.each(['pt_BR', 'pt-br', 'portuguese!', ''])('has a tag as BCP 47 writes it: not %j', (locale) => {
    expect(() => loadTexts(pathToFileURL(`${folder}/`), { [locale]: {} })).toThrow(`texts: ${JSON.stringify(locale)} is no language tag`);
  });

  it('is another one that is wished for, where it has no words for the console at all', () => {
    const partly = loadTexts(pathToFileURL(`${folder}/`), { en: { 'console.title': 'Console' }, de: { 'console.title': 'Konsole' } });
    const wishes = { chosen: 'ar', acceptLanguage: 'fr, de;q=0.5' };
    expect([partly.choose(wishes), partly.choose(wishes, 'portal'), partly.choose(wishes, 'console')]).toEqual(['ar', 'ar', 'de']);
    expect(partly.choose({ chosen: 'ar' }, 'console')).toBe('en');
  });

  it('is known, whatever is asked for', () => {
    const wish = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('de', 'en', 'ar', ';', 'q=', '0', '.', '9', '-', ',', ' ', '*') }),
    );
    fc.assert(
      fc.property(wish, wish, (uiLocales, acceptLanguage) => {
        expect(texts.locales).toContain(texts.choose({ uiLocales, acceptLanguage }));
      }),
      { numRuns: 500 },
    );
  });
});

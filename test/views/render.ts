/** Rendering for the tests: every sample, and a page's elements. */
import { createRenderer } from '../../src/lib/page.ts';
import type { Pages } from '../../src/server/pages.ts';
import { attribute, type Element, elementsOf, textOf } from './markup.ts';
import { brand, now } from './offers.ts';
import { samples } from './samples.ts';

const renderer = createRenderer({ brand, base: '/op' });
const render = renderer.render<Pages>();

export const { locales } = renderer.texts;
export const dirOf = (locale: string): 'ltr' | 'rtl' => (locale === 'ar' ? 'rtl' : 'ltr');

type Sample = { readonly title: string; readonly name: keyof Pages; readonly data: Pages[keyof Pages] };

const all: readonly Sample[] = Object.entries(samples).flatMap(([name, cases]) =>
  Object.entries(cases).map(([title, data]) => ({
    title: `${name}, ${title}`,
    name: name as keyof Pages,
    data: data as Pages[keyof Pages],
  })),
);
const isHtml = ({ name }: Sample): boolean => !/\.(subject|text)$/.test(name);
export const isMail = (name: string): boolean => /^mail\/[\w-]+\.html$/.test(name);
export const htmlPages = all.filter(isHtml);
/** What has no markup: subjects, and the text parts of mails. */
export const plainParts = all.filter((sample) => !isHtml(sample));
export const subjects = all.filter(({ name }) => name.endsWith('.subject'));

/** Everything that people or apps can have written themselves. */
const written = [
  'name',
  'email',
  'inviterName',
  'message',
  'label',
  'places',
  'addressedTo',
  'domains',
  'description',
  'role',
  'clientName',
  'groupNames',
  'appNames',
  'roles',
  'to',
  'address',
  'pending',
  'subject',
  'text',
  'scopes',
  'claims',
  'resource',
  'actorName',
  'subjectName',
];

export function rewritten<Value>(value: Value, text: string, isWritten = false): Value {
  if (typeof value === 'string') return (isWritten ? text : value) as Value;
  if (value instanceof Date || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => rewritten(item, text, isWritten)) as Value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rewritten(item, text, written.includes(key))])) as Value;
}

export function page<Name extends keyof Pages>(name: Name, data: Pages[Name], locale = 'en'): string {
  return render(name, data, { locale, now });
}

/** As it is shown at an address that one can come back to. */
export function pageAt<Name extends keyof Pages>(
  here: string,
  name: Name,
  { data, locale }: { data: Pages[Name]; locale: string },
): string {
  return render(name, data, { locale, now, here });
}

export function first(html: string, tagName: string, matches: (element: Element) => boolean = () => true): Element {
  const found = elementsOf(html).find((element) => element.tagName === tagName && matches(element));
  if (!found) throw new Error(`no ${tagName}`);
  return found;
}

export const buttons = (html: string): string[] =>
  elementsOf(html)
    .filter((element) => element.tagName === 'button' || attribute(element, 'class')?.includes('button'))
    .map((element) => textOf(element));

import { describe, expect, it } from 'vitest';
import type { Pages } from '../../src/server/pages.ts';
import { accountMailSamples } from './account-samples.ts';
import { attribute, elementsOf, textOf } from './markup.ts';
import { locales, page } from './render.ts';

const mails = ['password-reset', 'password-changed', 'email-change', 'email-changed'] as const;
const cases = mails.flatMap((mail) =>
  Object.entries(accountMailSamples[`mail/${mail}.text`]).map(([title, data]) => ({ mail, title, data })),
);
const part = (mail: string, form: string, { data, locale }: { data: object; locale: string }) =>
  page(`mail/${mail}.${form}` as keyof Pages, data as never, locale);
const addressesIn = (text: string): string[] => [...new Set(text.match(/(?:https?:|mailto:)[^\s"<]+/g) ?? [])].sort();

describe.each(locales)('in %s', (locale) => {
  it.each(cases)('$mail says the same in text and in HTML: $title', ({ mail, data }) => {
    const text = part(mail, 'text', { data, locale });
    const paragraphs = elementsOf(part(mail, 'html', { data, locale })).filter(({ tagName }) => tagName === 'p');
    const sentences = paragraphs.flatMap((paragraph) => textOf(paragraph).split(/(?<=\.) /));
    expect(paragraphs.length).toBeGreaterThan(3);
    for (const sentence of sentences.slice(1)) expect(text.replaceAll('\n', '')).toContain(sentence);
  });

  it.each(cases)('$mail leads nowhere but to what it was given: $title', ({ mail, data }) => {
    const given = Object.values(data).filter((value) => /^(https?|mailto):/.test(String(value)));
    const html = part(mail, 'html', { data, locale });
    const links = elementsOf(html).flatMap((element) => attribute(element, 'href') ?? []);
    expect(links.length).toBeGreaterThan(0);
    for (const address of [...links, ...addressesIn(part(mail, 'text', { data, locale }))]) expect(given).toContain(address);
  });

  it.each(mails)('%s looks from outside the same, whatever it says', (mail) => {
    const subjects = cases.filter((one) => one.mail === mail).map(({ data }) => part(mail, 'subject', { data, locale }));
    expect(new Set(subjects).size).toBe(1);
    expect(subjects[0]).not.toMatch(/@|http/);
  });
});

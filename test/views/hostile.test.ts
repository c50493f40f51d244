import { describe, expect, it } from 'vitest';
import type { Pages } from '../../src/server/pages.ts';
import { faultsOf, skeleton, textOf } from './markup.ts';
import { first, htmlPages, isMail, page, rewritten, subjects } from './render.ts';
import { samples } from './samples.ts';

const hostileTexts: Readonly<Record<string, string>> = {
  'a script': '<script>alert(1)</script>',
  'a picture that runs': '"><img src=x onerror=alert(1)>',
  quotes: `' onfocus='alert(1)' " onfocus="alert(1)" autofocus=\` x`,
  'template tags': ['{{constructor.constructor("x")()}} <%= 7 * 7 %> $', '{7 * 7} {name, select, other {}} #'].join(''),
  'a script address': 'javascript:alert(document.domain)',
  'ends of elements': '</title></textarea></pre></h1></form><form action=//evil.example><!--',
  'turned text': '\u202Eevil\u2066\u2069\u2069 \u200F x',
  'great length': 'Long '.repeat(2000),
  emoji: '👩‍👩‍👧‍👦🏴‍☠️\u0301',
  'lines and controls': 'a\u0007\r\nBcc: x@example.org\u2028\u0085b',
};

describe.each(Object.entries(hostileTexts))('%s in every place that others write to', (_, text) => {
  it.each(htmlPages)('changes nothing but words: $title', ({ name, data }) => {
    const hostile = page(name, rewritten(data, text));
    // A message has as many lines as it has.
    const bones = (html: string) => skeleton(html).filter((bone) => bone !== 'br ');
    expect(bones(hostile)).toEqual(bones(page(name, rewritten(data, 'harmless'))));
    expect(
      faultsOf(hostile, { locale: 'en', dir: 'ltr', styled: isMail(name) }).filter((fault) => !/null|control-character/.test(fault)),
    ).toEqual([]);
  });

  it.each(subjects)('stays one short line in the subject of a mail: $title', ({ name, data }) => {
    const subject = page(name, rewritten(data, text));
    expect(subject).toMatch(/^[^\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]+$/u);
    expect([...subject].length).toBeLessThanOrEqual(120);
  });

  it('is shown letter for letter', () => {
    const data = rewritten(samples['invitation/landing']['signed in'] as Pages['invitation/landing'], text);
    // A browser reads a carriage return as a line feed.
    const inPage = text.replaceAll('\r\n', '\n');
    const heading = textOf(first(page('invitation/landing', data), 'h1'));
    expect(heading).toBe(`\u2068${inPage}\u2069 invites you to \u2068${inPage}\u2069 and 2 more`);
  });
});

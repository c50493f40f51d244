import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errors, type FailureCode } from '../../src/errors.ts';
import { viewsDir } from '../../src/lib/page.ts';
import type { Pages } from '../../src/server/pages.ts';
import { attribute, elementsOf, faultsOf, textOf } from './markup.ts';
import { buttons, dirOf, first, htmlPages, isMail, locales, page, pageAt, plainParts, rewritten } from './render.ts';
import { samples } from './samples.ts';

describe.each(locales)('in %s', (locale) => {
  it.each(htmlPages)('$title is sound', ({ name, data }) => {
    expect(faultsOf(pageAt('/here', name, { data, locale }), { locale, dir: dirOf(locale), styled: isMail(name) })).toEqual([]);
  });

  it.each(plainParts)('$title says something, and everything that it should', ({ name, data }) => {
    const text = page(name, data, locale);
    expect(text.trim()).not.toBe('');
    expect(text).not.toMatch(/[{}]|\bundefined\b|\bNaN\b|\[object |&(?:amp|lt|quot|#39);/);
  });

  it.each(Object.keys(errors))('%s has a page, in the shell and within an invitation', (code) => {
    const failure = code as FailureCode;
    const shell = page('server/error', { code: failure, detail: {}, requestId: 'r-1', homeHref: '/' }, locale);
    const refused = page(
      'invitation/refused',
      { ...samples['invitation/refused'].full, code: failure } as Pages['invitation/refused'],
      locale,
    );
    const expected = { locale, dir: dirOf(locale) };
    expect([...faultsOf(shell, expected), ...faultsOf(refused, expected)]).toEqual([]);
  });

  it('a page offers every language at its foot, in its own words, and leads back to itself', () => {
    const data = samples['invitation/landing']['signed out'] as Pages['invitation/landing'];
    const html = pageAt('/invite?a=1&b=2', 'invitation/landing', { data, locale });
    const offered = elementsOf(html).filter((element) => attribute(element, 'name') === 'locale');
    expect(offered.map((button) => [attribute(button, 'value'), attribute(button, 'lang'), textOf(button)])).toEqual([
      ['ar', 'ar', 'العربية'],
      ['de', 'de', 'Deutsch'],
      ['en', 'en', 'English'],
      ['es', 'es', 'Español'],
      ['fr', 'fr', 'Français'],
    ]);
    expect(offered.filter((button) => attribute(button, 'aria-current') === 'true').map(textOf)).toHaveLength(1);
    const back = first(html, 'input', (element) => attribute(element, 'name') === 'back');
    expect(attribute(back, 'value')).toBe('/invite?a=1&b=2');
    const form = first(html, 'form', (element) => attribute(element, 'class') === 'languages');
    expect(attribute(form, 'action')).toBe('/op/invite/language');
    expect(attribute(form, 'aria-label')).toBeTruthy();
  });
});

describe('every page', () => {
  it('of the console offers the languages of the console alone', () => {
    const [data] = Object.values(samples['console/groups']);
    const html = pageAt('/admin/groups', 'console/groups', { data: data as Pages['console/groups'], locale: 'de' });
    const offered = elementsOf(html).filter((element) => attribute(element, 'name') === 'locale');
    expect(offered.map((button) => attribute(button, 'value'))).toEqual(['de', 'en']);
    expect(offered.filter((button) => attribute(button, 'aria-current') === 'true').map(textOf)).toEqual(['Deutsch']);
  });

  it('has samples, so that none goes unseen', () => {
    const files = readdirSync(viewsDir, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /^(?!part|text|assets)\w+[/].*\.\w+$/.test(file),
    );
    const sampled = Object.entries(samples)
      .filter(([, cases]) => Object.keys(cases).length > 0)
      .map(([name]) => name);
    expect(files.map((file) => file.replace(/\.eta$/, '')).sort()).toEqual(sampled.sort());
  });

  it('offers no other language where it could not be come back to', () => {
    const html = page('invitation/landing', samples['invitation/landing']['signed out'] as Pages['invitation/landing']);
    expect(elementsOf(html).filter((element) => attribute(element, 'class') === 'languages')).toEqual([]);
  });

  it('keeps addresses and codes from left to right in a language from right to left', () => {
    const ltr = (html: string) =>
      elementsOf(html)
        .filter((element) => attribute(element, 'dir') === 'ltr')
        .map(textOf);
    const [invited] = Object.values(samples['mail/invited.html']);
    if (!invited) throw new Error('no sample');
    const mail = page('mail/invited.html', invited, 'ar');
    expect(
      attribute(
        first(mail, 'td', (element) => attribute(element, 'lang') === 'ar'),
        'dir',
      ),
    ).toBe('rtl');
    expect(ltr(mail)).toEqual([invited.link, new URL('code', invited.link).href, invited.code]);
    const sheet = page('campaign/sheet', samples['campaign/sheet']['with a PIN and a name'] as Pages['campaign/sheet'], 'ar');
    expect(ltr(sheet)).toEqual(['ABCD-EFGH-JKMN-PQRS-TVWX-YZ01-2345', '402913']);
    expect(ltr(page('mail/code.html', { code: '402913', minutes: 10 }, 'ar'))).toEqual(['402913']);
    const failed = page('server/error', { code: 'server_error', detail: {}, requestId: '0197-abc', homeHref: '/' }, 'ar');
    expect(ltr(failed)).toEqual(['0197-abc']);
  });

  it('finds its files below the path of the issuer', () => {
    const html = page('server/home', samples['server/home']['signed out'] as Pages['server/home']);
    const files = elementsOf(html).flatMap(
      (element) => attribute(element, 'src') ?? (element.tagName === 'link' ? (attribute(element, 'href') ?? []) : []),
    );
    const fetched = files.filter((file) => !file.startsWith('data:'));
    // With the page itself, no more than three requests.
    expect(fetched).toHaveLength(2);
    for (const file of fetched) expect(file).toMatch(/^\/op\/invite\/assets\/[a-z]+\.(css|js|svg)$/);
  });

  it.each(htmlPages.filter(({ name }) => !isMail(name)))('tells a link preview nothing: $title', ({ name, data }) => {
    const metas = elementsOf(page(name, rewritten(data, 'Secret'))).filter(({ tagName }) => tagName === 'meta');
    expect(metas.some((meta) => attribute(meta, 'property') === 'og:title')).toBe(true);
    expect(metas.map((meta) => attribute(meta, 'content')).join()).not.toContain('Secret');
  });
});

describe('a form with mistakes', () => {
  const data = samples['account/register']['with mistakes'] as Pages['account/register'];
  const html = page('account/register', data);

  it('says so in the title, and first on the page with the focus', () => {
    expect(textOf(first(html, 'title'))).toBe('Error: Set up your sign-in · Guestlist');
    const focused = elementsOf(html).filter((element) => attribute(element, 'autofocus') !== undefined);
    expect(focused.map((element) => attribute(element, 'role'))).toEqual(['alert']);
  });

  it('names each mistake at its field', () => {
    for (const name of ['email', 'password']) {
      const input = first(html, 'input', (element) => attribute(element, 'id') === name);
      expect(attribute(input, 'aria-invalid')).toBe('true');
      expect(attribute(input, 'aria-describedby')).toContain(`${name}-error`);
      expect(first(html, 'a', (element) => attribute(element, 'href') === `#${name}`)).toBeDefined();
    }
  });

  it('keeps what was typed, but never a password', () => {
    const values = elementsOf(html)
      .filter(({ tagName }) => tagName === 'input')
      .map((input) => [attribute(input, 'name'), attribute(input, 'value')]);
    expect(values).toEqual([
      ['form_token', 'token'],
      ['visit', '0197-visit'],
      ['name', 'Ada'],
      ['email', 'ada@'],
      ['password', undefined],
    ]);
  });

  it('has words for a complaint nobody has foreseen', () => {
    const unforeseen = page('account/register', { ...data, errors: { form: 'unknown_field', name: 'constructor' } });
    expect(faultsOf(unforeseen, { locale: 'en', dir: 'ltr' })).toEqual([]);
    expect(textOf(first(unforeseen, 'ul'))).toContain('Please check this.');
  });
});

describe('an invitation', () => {
  it('offers a stranger both ways in, newcomers first', () => {
    const html = page('invitation/landing', samples['invitation/landing']['signed out'] as Pages['invitation/landing']);
    expect(buttons(html)).toEqual(['I’m new here', 'I have an account']);
    expect(textOf(first(html, 'h1'))).toBe('\u2068Maya Lind\u2069 invites you to \u2068Kammerchor Nord\u2069');
  });

  it('asks somebody signed in by name', () => {
    const html = page('invitation/landing', samples['invitation/landing']['signed in'] as Pages['invitation/landing']);
    expect(buttons(html)).toEqual(['Join as \u2068Ada Park\u2069', 'Use another account']);
  });

  it('names the place when nobody is named', () => {
    const html = page('invitation/landing', samples['invitation/landing']['no inviter'] as Pages['invitation/landing']);
    expect(textOf(first(html, 'h1'))).toBe('You’re invited to \u2068Kammerchor Nord\u2069 and \u2068Stage crew\u2069');
  });

  it.each([
    ['signed out', 'Valid for 5 more days, until Thursday, 26 November 2026 at 18:00 UTC', '2026-11-26T18:00:00.000Z'],
    ['no inviter', 'Valid for 2 more hours, until Saturday, 21 November 2026 at 12:30 UTC', '2026-11-21T12:30:00.000Z'],
    ['rights only', 'Valid for 20 more minutes, until Saturday, 21 November 2026 at 10:20 UTC', '2026-11-21T10:20:00.000Z'],
    ['over meanwhile', 'Was valid until Friday, 20 November 2026 at 10:00 UTC', '2026-11-20T10:00:00.000Z'],
  ])('says until when, in words and as a date: %s', (title, words, instant) => {
    const html = page('invitation/landing', samples['invitation/landing'][title] as Pages['invitation/landing']);
    expect(
      textOf(first(html, 'p', (element) => attribute(element, 'class') === 'until'))
        .replaceAll('\u202f', ' ')
        .trim(),
    ).toBe(words);
    expect(attribute(first(html, 'time'), 'datetime')).toBe(instant);
  });

  it('counts what is new when not all of it is', () => {
    const html = page('invitation/join', samples['invitation/join']['groups partly new'] as Pages['invitation/join']);
    expect(html).toContain('2 of 3 groups are new for you.');
    expect(buttons(html)).toEqual(['Join', 'Not now', 'Use another account']);
  });

  it('can be taken up again after Not now', () => {
    const html = page('invitation/done', samples['invitation/done'].declined as Pages['invitation/done']);
    expect(
      attribute(
        first(html, 'a', (element) => attribute(element, 'class')?.includes('button') === true),
        'href',
      ),
    ).toBe('/invite');
    expect(buttons(html)).toEqual(['Undo']);
  });

  it('leads into the apps, the first before the others', () => {
    const html = page('invitation/done', samples['invitation/done'].joined as Pages['invitation/done']);
    expect(buttons(html)).toEqual(['Open \u2068Choir cloud\u2069', 'Open \u2068Wiki\u2069']);
  });

  it.each(['javascript:alert(1)', ' javascript:alert(1)', 'data:text/html,x', 'vbscript:x', ''])('gives an app at %j no button', (href) => {
    const html = page('invitation/done', {
      ...(samples['invitation/done'].joined as Pages['invitation/done']),
      apps: [{ name: 'Evil', href }],
    });
    expect(faultsOf(html, { locale: 'en', dir: 'ltr' })).toEqual([]);
    expect(buttons(html)).toEqual([]);
  });

  it.each([
    ['expired', 'It was valid until Thursday, 26 November 2026 at 18:00 UTC. Ask \u2068Maya Lind\u2069 for a new one.'],
    ['expired at an unknown time', 'Ask whoever invited you for a new one.'],
  ])('says whose move it is when it is over: %s', (title, words) => {
    const html = page('invitation/refused', samples['invitation/refused'][title] as Pages['invitation/refused']);
    expect(textOf(first(html, 'p', (element) => attribute(element, 'class') === 'lead')).replaceAll('\u202f', ' ')).toBe(words);
  });
});

describe('signing out', () => {
  it('sends the form of the provider, with or without the answer', () => {
    const html = page('oidc/sign-out', samples['oidc/sign-out']['by an app'] as Pages['oidc/sign-out']);
    const sent = elementsOf(html)
      .filter(({ tagName }) => tagName === 'button')
      .map((button) => ['form', 'name', 'value'].map((name) => attribute(button, name)));
    expect(sent).toEqual([
      ['op.logoutForm', 'logout', 'yes'],
      ['op.logoutForm', undefined, undefined],
    ]);
    expect(attribute(first(html, 'input'), 'name')).toBe('xsrf');
  });
});

describe('mail', () => {
  const [mail] = samples['mail/mailbox'].one?.mails ?? [];

  it('is shown as text, where only web addresses are links', () => {
    if (!mail) throw new Error('no sample');
    const text = 'javascript:alert(1) <a href="x">x</a> HTTPS://a.example/b?c=1&d="e". (http://f.example/g), mailto:x@example.org';
    const html = page('mail/message', { mail: { ...mail, text } });
    const letter = first(html, 'pre');
    expect(textOf(letter)).toBe(text);
    const links = elementsOf(html)
      .filter((element) => attribute(element, 'rel') === 'noreferrer')
      .map((link) => attribute(link, 'href'));
    expect(links).toEqual(['HTTPS://a.example/b?c=1&d=', 'http://f.example/g']);
  });

  it('says the same in text and in HTML, and escapes only there', () => {
    const data = rewritten(samples['mail/joined.text']['a newcomer'] as Pages['mail/joined.text'], 'A & B');
    const text = page('mail/joined.text', data);
    const html = page('mail/joined.html', data);
    expect(text).toContain('- A & B (as \u2068A & B\u2069): A & B');
    for (const words of [data.homeHref, 'Your account is ready.', 'Hello \u2068A & B\u2069,']) {
      expect(text).toContain(words);
      expect(textOf(first(html, 'body'))).toContain(words);
    }
  });

  it('holds no address that a mail program would make a link of, except ours', () => {
    const data = rewritten(samples['mail/joined.text']['a newcomer'] as Pages['mail/joined.text'], 'evil.example/x http://evil.example');
    for (const name of ['mail/joined.text', 'mail/joined.html'] as const) {
      const body = page(name, data);
      expect(body).toContain('evil.\u2060example');
      expect(body).not.toMatch(/evil\.example/);
    }
  });
});

import { describe, expect, it } from 'vitest';
import type { InvitedMail } from '../../src/invitation/pages.ts';
import type { Pages } from '../../src/server/pages.ts';
import { attribute, elementsOf, textOf } from './markup.ts';
import { first, locales, page, rewritten } from './render.ts';
import { samples } from './samples.ts';

const invited = samples['mail/invited.text']['by somebody, with a message'] as InvitedMail;
const bodies = ['mail/invited.text', 'mail/invited.html'] as const;
/** As a person reads it: without the marks that keep names apart and links away. */
const read = (body: string): string => body.replace(/[\u2060\u2068\u2069]/g, '');
const words = (name: string, body: string): string => read(name.endsWith('.html') ? textOf(first(body, 'body')) : body);

describe.each(locales)('the mail that invites, in %s', (locale) => {
  it('has a subject that names the place, and nothing of what its inviter wrote', () => {
    const strange = { ...invited, offer: { ...invited.offer, inviterName: 'Your bank', message: 'Act now' } };
    const subject = page('mail/invited.subject', strange, locale);
    expect(subject).toContain('Kammerchor Nord');
    expect(subject).not.toMatch(/Your bank|Act now/);
  });

  it('names the brand where there is no group', () => {
    const bare = samples['mail/invited.subject']['no inviter, not open yet'] as InvitedMail;
    expect(page('mail/invited.subject', bare, locale)).toContain('Guestlist');
  });

  it.each(bodies)('says in %s who, what, until when, and how to get in', (name) => {
    const body = words(name, page(name, invited, locale));
    expect(body).not.toContain('undefined');
    const facts = ['Maya Lind', 'we sing Bach this winter', 'Kammerchor Nord', 'Write in the wiki', invited.link, invited.code, '2026'];
    for (const fact of facts) expect(body, fact).toContain(fact);
  });

  it.each(bodies)('leads in %s nowhere but to the invitation and the page for its code', (name) => {
    const data = rewritten(invited, 'www.evil.example http://evil.example mailto:x@evil.example');
    const body = page(name, data, locale);
    expect(body).not.toMatch(/evil\.example|http:\/\/e/);
    const links = elementsOf(body).flatMap((element) => attribute(element, 'href') ?? []);
    const origin = new URL(invited.link).origin;
    if (name.endsWith('.html')) expect(links).toEqual([invited.link, `${origin}/invite/code`]);
    expect(elementsOf(body).filter(({ tagName }) => tagName === 'img')).toEqual([]);
  });
});

describe('the mail that invites', () => {
  it('keeps the lines of a message, and marks each as a quotation', () => {
    expect(read(page('mail/invited.text', invited))).toContain('> Dear Ada,\n> we sing Bach this winter – see choir.example.org.');
  });

  it('finds the page for codes beside the link, below whatever path', () => {
    const below = samples['mail/invited.text']['under a path'] as InvitedMail;
    expect(page('mail/invited.text', below)).toContain('https://host.example/oidc/invite/code\n');
  });

  it('says when it opens, if it is not open yet', () => {
    const later = samples['mail/invited.text']['no inviter, not open yet'] as InvitedMail;
    expect(page('mail/invited.text', later)).toContain('It opens on Saturday, 21 November 2026');
    expect(page('mail/invited.text', invited)).not.toContain('It opens on');
  });
});

describe('the mail with six digits', () => {
  const data = { code: '402913', minutes: 10 };

  it('has them in the body, once, and not where lists and locked screens show them', () => {
    const text = page('mail/code.text', data);
    expect(text.split('402913')).toHaveLength(2);
    expect(text.split('\n')[0]).not.toContain('402913');
    expect(page('mail/code.subject', data)).not.toMatch(/\d/);
    const html = page('mail/code.html', data);
    const shown = textOf(first(html, 'body'));
    expect(shown.split('402913')).toHaveLength(2);
    expect(shown.indexOf('402913')).toBeGreaterThan(150);
  });

  it('looks from outside like the one that says that there is an account', () => {
    const account = samples['mail/notice.subject']['has an account'] as Pages['mail/notice.subject'];
    for (const locale of locales) expect(page('mail/notice.subject', account, locale)).toBe(page('mail/code.subject', data, locale));
  });
});

describe('news', () => {
  const cases = Object.entries(samples['mail/notice.text']);

  it.each(cases)('says the same in text and in HTML: %s', (_, data) => {
    const paragraphs = elementsOf(page('mail/notice.html', data))
      .filter(({ tagName }) => tagName === 'p')
      .map((paragraph) => textOf(paragraph));
    const text = page('mail/notice.text', data);
    expect(paragraphs.length).toBeGreaterThan(3);
    for (const paragraph of paragraphs.slice(1)) expect(text).toContain(paragraph);
  });

  it.each(cases)('has no name in its subject: %s', (_, data) => {
    expect(page('mail/notice.subject', { ...data, name: 'Your bank', label: 'Act now' })).not.toMatch(/Your bank|Act now/);
  });

  it('tells an invitation’s label to its inviter alone', () => {
    const shown = cases.filter(([, data]) => page('mail/notice.text', { ...data, label: 'My own note' }).includes('My own note'));
    expect(shown.map(([, { notice }]) => notice).sort()).toEqual([
      'approval_wanted',
      'leak_suspected',
      'link_renewed',
      'link_renewed',
      'link_wanted',
      'mail_failed',
      'pin_locked',
      'pin_revoked',
    ]);
  });
});

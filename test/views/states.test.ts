import { describe, expect, it } from 'vitest';
import type { InvitationPages } from '../../src/invitation/pages.ts';
import type { Pages } from '../../src/server/pages.ts';
import { invitationSamples } from './invitation-samples.ts';
import { attribute, type Element, elementsOf, textOf } from './markup.ts';
import { buttons, first, page } from './render.ts';
import { samples } from './samples.ts';

function shown<Name extends keyof InvitationPages & keyof Pages>(name: Name, title: string): string {
  return page(name, invitationSamples[name][title] as Pages[Name]);
}

const isPrimary = (element: Element): boolean => attribute(element, 'class')?.split(' ').includes('primary') === true;
const named = (html: string, name: string): Element => first(html, 'input', (element) => attribute(element, 'name') === name);

type Form = { readonly action: string | undefined; readonly fields: readonly Element[] };

/** Each form with what it sends. */
function formsOf(html: string): Form[] {
  const forms = new Map<unknown, Element[]>();
  for (const element of elementsOf(html)) {
    if (element.tagName === 'form') forms.set(element, []);
    const form = ancestorsOf(element).find((ancestor) => forms.has(ancestor));
    if (form && attribute(element, 'name')) forms.get(form)?.push(element);
  }
  return [...forms].map(([form, fields]) => ({ action: attribute(form as Element, 'action'), fields }));
}

function ancestorsOf(element: Element): unknown[] {
  const ancestors: unknown[] = [];
  for (let node: unknown = element.parentNode; node; node = (node as Partial<Element>).parentNode) ancestors.push(node);
  return ancestors;
}

const outline = ({ action, fields }: Form): string => `${action}: ${fields.map((field) => attribute(field, 'name')).join(' ')}`;

describe('a refusal', () => {
  it.each(Object.keys(invitationSamples['invitation/refused']))('offers one thing before all others: %s', (title) => {
    expect(elementsOf(shown('invitation/refused', title)).filter(isPrimary)).toHaveLength(1);
  });

  it.each([
    ['expired, asking for another', 'Ask for a new link'],
    ['used, asking for another', 'Sign in'],
    ['replaced', 'Ask for a new link'],
    ['not started', 'Add to calendar'],
    ['too weak', 'Sign in again'],
    ['for other domains', 'Use another account'],
    ['group full', 'Go on without this invitation'],
    ['withdrawn, with help', 'Contact support'],
    ['paused, with help', 'Use another account'],
    ['not found', 'Enter another code'],
  ])('offers first what helps most: %s', (title, label) => {
    expect(elementsOf(shown('invitation/refused', title)).filter(isPrimary).map(textOf)).toEqual([label]);
  });

  it.each([
    ['withdrawn, with help', 'mailto:help@example.org'],
    ['suspended, with help', 'https://example.org/help?a=1&b=2'],
    ['paused, with help', 'mailto:help@example.org'],
  ])('names who can help: %s', (title, href) => {
    const link = first(shown('invitation/refused', title), 'a', (element) => textOf(element) === 'Contact support');
    expect(attribute(link, 'href')).toBe(href);
    expect(
      buttons(page('invitation/refused', invitationSamples['invitation/refused'][title] as Pages['invitation/refused'], 'de')),
    ).toContain('Hilfe anfragen');
  });

  it('names nobody who can help where nobody said so', () => {
    expect(buttons(shown('invitation/refused', 'withdrawn'))).toEqual(['Go on without this invitation']);
  });

  it('asks for a new link with a form token of its own', () => {
    const html = shown('invitation/refused', 'used, asking for another');
    const form = formsOf(html).find(({ action }) => action === '/invite/ask');
    expect(form?.fields.map((field) => [attribute(field, 'name'), attribute(field, 'value')])).toEqual([['form_token', 'token-2']]);
  });

  it('names the domains that will do', () => {
    const lead = textOf(first(shown('invitation/refused', 'for other domains'), 'p')).replace(/[\u2068\u2069]/g, '');
    expect(lead).toContain('addresses that end in @example.org or .example.edu.');
  });

  it('counts down to the next try only where a script does it', () => {
    const html = shown('invitation/refused', 'too many tries');
    const timer = first(html, 'span', (element) => attribute(element, 'role') === 'timer');
    expect(attribute(timer, 'data-seconds')).toBe('600');
    expect(attribute(timer.parentNode as Element, 'hidden')).toBe('');
    expect(attribute(first(html, 'time'), 'datetime')).toBe('2026-11-21T10:10:00.000Z');
    expect(shown('invitation/refused', 'too many tries in all')).not.toContain('role="timer"');
  });
});

describe('a step before joining', () => {
  it('takes a PIN in one field that may be filled by pasting, and says how many tries are left', () => {
    const html = shown('invitation/pin', 'wrong');
    const input = named(html, 'pin');
    expect([attribute(input, 'type'), attribute(input, 'autocomplete')]).toEqual(['text', 'one-time-code']);
    expect(Number(attribute(input, 'maxlength'))).toBeGreaterThan(24);
    expect(attribute(input, 'value')).toBeUndefined();
    expect(attribute(input, 'aria-describedby')).toBe('pin-hint pin-error');
    expect(html).toContain('You have one try left.');
    expect(formsOf(html).map(outline)).toEqual(['/invite/pin: form_token back pin']);
  });

  it.each([
    ['address', ['/invite/email: form_token back email']],
    ['addressed to somebody', ['/invite/email: form_token back']],
    ['code', ['/invite/email/code: form_token back code', '/invite/email: form_token back', '/invite/email: form_token back email']],
    ['code, wrong', ['/invite/email/code: form_token back code', '/invite/email: form_token back']],
    ['code, the last one', ['/invite/email/code: form_token back code']],
  ])('asks for a mailbox, or for what was mailed there: %s', (title, sent) => {
    expect(formsOf(shown('invitation/email', title)).map(outline)).toEqual(sent);
  });

  it('reads a masked address aloud by what can be seen of it', () => {
    const html = shown('invitation/mismatch', 'strict');
    const masked = first(html, 'bdi', (element) => attribute(element, 'role') === 'img');
    expect(textOf(masked)).toBe('a•••@example.org');
    expect(attribute(masked, 'aria-label')?.replace(/[\u2068\u2069]/g, '')).toBe('an address that begins with a, at example.org');
    expect(textOf(first(html, 'h1'))).toBe('This invitation is for \u2068a•••@example.org\u2069');
  });

  it('offers to prove the mailbox only where that would do', () => {
    expect(buttons(shown('invitation/mismatch', 'strict'))).toEqual(['Use another account', 'Not now']);
    expect(buttons(shown('invitation/mismatch', 'can be proven'))).toEqual(['Send me a mail', 'Use another account', 'Not now']);
  });
});

describe('an invitation that is full of promises', () => {
  it('quotes its inviter, and makes no link of it', () => {
    const html = shown('invitation/landing', 'addressed');
    expect(textOf(first(html, 'blockquote'))).toContain('see choir.example.org.');
    expect(html).not.toMatch(/href="[^"]*choir/);
    expect(shown('invitation/landing', 'signed out')).not.toContain('blockquote');
  });

  it('can be refused by whom it is for, and left by everybody else', () => {
    expect(buttons(shown('invitation/landing', 'addressed'))).toContain('Not for me');
    expect(buttons(shown('invitation/landing', 'signed out'))).not.toContain('Not for me');
  });

  it('says that one asks, where somebody decides', () => {
    expect(buttons(shown('invitation/landing', 'everything at once'))[0]).toBe('Ask to join as \u2068Ada Park\u2069');
    expect(buttons(shown('invitation/join', 'with approval'))[0]).toBe('Ask to join');
    expect(buttons(shown('invitation/join', 'nothing new, with approval'))[0]).toBe('Continue');
    expect(buttons(shown('invitation/done', 'awaiting approval'))).toEqual([]);
  });

  it('says so when the page is shown inside another app', () => {
    for (const [name, title] of [
      ['invitation/landing', 'with approval'],
      ['invitation/pin', 'in another app'],
      ['invitation/email', 'an address of certain domains'],
    ] as const)
      expect(shown(name, title)).toContain('You’re inside another app.');
  });

  it('waits with others, each with its own way in', () => {
    const html = shown('invitation/waiting', 'three');
    const ids = elementsOf(html).filter((element) => attribute(element, 'name') === 'invitation');
    expect(ids.map((input) => attribute(input, 'value'))).toEqual(['0197-a', '0197-b', '0197-c']);
    expect(elementsOf(shown('invitation/waiting', 'one')).filter(isPrimary).map(textOf)).toEqual(['Have a look']);
    expect(buttons(shown('invitation/waiting', 'none'))).toEqual([]);
  });
});

describe('what has to be agreed to', () => {
  it.each([
    ['both', ['Terms of use', 'Privacy notice'], 'I agree to the terms of use and have read the privacy notice.'],
    ['one alone', ['Privacy notice'], 'I have read the privacy notice.'],
    ['with approval', ['Terms of use'], 'I agree to the terms of use.'],
  ])('is linked in a new tab, with one box that says what it stands for: %s', (title, names, words) => {
    const html = shown('invitation/terms', title);
    const links = elementsOf(html).filter((element) => attribute(element, 'target') === '_blank');
    expect(links.map(textOf)).toEqual(names);
    expect(links.map((link) => attribute(link, 'rel'))).toEqual(names.map(() => 'noopener'));
    expect(links.map((link) => attribute(link, 'href')).join(' ')).toBe(attribute(named(html, 'documents'), 'value'));
    const box = named(html, 'agree');
    expect(['type', 'value', 'checked', 'required'].map((name) => attribute(box, name))).toEqual(['checkbox', 'yes', undefined, '']);
    expect(textOf(first(html, 'label'))).toBe(words);
  });

  it('can be left for now, by a button that is quiet', () => {
    const html = shown('invitation/terms', 'both');
    expect(textOf(first(html, 'h1'))).toBe('Before you join');
    expect(buttons(html)).toEqual(['Agree and join', 'Not now']);
    expect(elementsOf(html).filter(isPrimary).map(textOf)).toEqual(['Agree and join']);
    expect(formsOf(html).map(outline)).toEqual([
      '/invite/interaction/1/accept: form_token documents agree',
      '/invite/interaction/1/decline: form_token',
    ]);
    expect(buttons(shown('invitation/terms', 'with approval'))[0]).toBe('Agree and ask to join');
  });

  it('is named where it was forgotten, in both languages', () => {
    for (const [locale, words] of [
      ['en', 'Tick the box to go on.'],
      ['de', 'Setz den Haken, damit es weitergeht.'],
    ] as const) {
      const html = page('invitation/terms', invitationSamples['invitation/terms'].forgotten as Pages['invitation/terms'], locale);
      const box = named(html, 'agree');
      expect([attribute(box, 'aria-invalid'), attribute(box, 'aria-describedby')]).toEqual(['true', 'agree-hint agree-error']);
      expect(textOf(first(html, 'a', (element) => attribute(element, 'href') === '#agree'))).toBe(words);
    }
  });
});

describe('a registration', () => {
  it('says that one asks, where somebody decides', () => {
    const data = samples['account/register']['with approval'] as Pages['account/register'];
    expect(buttons(page('account/register', data))).toEqual(['Create account and ask to join']);
    expect(buttons(page('account/register', data, 'de'))).toEqual(['Konto anlegen und anfragen']);
  });

  it('has the box for the terms only where there are any, and keeps it ticked', () => {
    const [empty, asked, kept] = ['empty', 'with terms', 'terms agreed, other mistakes'].map((title) =>
      page('account/register', samples['account/register'][title] as Pages['account/register']),
    );
    expect(empty).not.toContain('agree');
    expect(attribute(named(asked ?? '', 'agree'), 'checked')).toBeUndefined();
    expect(attribute(named(kept ?? '', 'agree'), 'checked')).toBe('');
    expect(attribute(named(kept ?? '', 'agree'), 'aria-invalid')).toBeUndefined();
  });

  it('shows a proven address, sends it along, and lets nobody change it', () => {
    const html = page('account/register', samples['account/register']['a fixed address'] as Pages['account/register']);
    const input = named(html, 'email');
    expect(['value', 'readonly', 'autocomplete'].map((name) => attribute(input, name))).toEqual(['ada@example.org', '', 'email']);
    expect(textOf(first(html, 'p'))).toContain('Two things, and you’re in.');
  });

  it('offers to start afresh where somebody else used the address', () => {
    const html = page('account/register', samples['account/register']['taken by somebody'] as Pages['account/register']);
    const box = named(html, 'afresh');
    expect(['type', 'value', 'checked'].map((name) => attribute(box, name))).toEqual(['checkbox', 'yes', undefined]);
    expect(page('account/register', samples['account/register'].empty as Pages['account/register'])).not.toContain('afresh');
  });
});

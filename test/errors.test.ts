import { load } from 'cheerio';
import { describe, expect, it } from 'vitest';
import { errors, Failure, type FailureCode, statusOf } from '../src/errors.ts';
import { createRenderer } from '../src/lib/page.ts';
import type { Pages } from '../src/server/pages.ts';

const codes = Object.keys(errors) as FailureCode[];
const refusals = codes.filter((code) => code.startsWith('invitation_'));
const renderer = createRenderer({ brand: 'Guestlist', base: '' });
const render = renderer.render<Pages>();
const now = new Date('2026-11-21T10:00:00Z');

function read(html: string) {
  const $ = load(html);
  return { title: $('h1').text().trim(), lead: $('.lead').text().trim(), text: $('main').text() };
}

function errorPage(code: FailureCode, locale: string): string {
  return render('server/error', { code, detail: {}, requestId: 'request-1', homeHref: '/' }, { locale, now });
}

function refusedPage(code: FailureCode, locale: string, known: Partial<Pages['invitation/refused']> = {}): string {
  const data = {
    code,
    expiresAt: undefined,
    startsAt: undefined,
    singleUse: false,
    inviterName: undefined,
    declineAction: undefined,
    signInAction: undefined,
    switchAction: undefined,
    domains: [],
    retryAt: undefined,
    askAction: undefined,
    sendsLink: false,
    askToken: '',
    calendarHref: undefined,
    supportHref: undefined,
    formToken: '',
    codePage: '/invite',
    ...known,
  };
  return render('invitation/refused', data, { locale, now });
}

describe.each(renderer.texts.locales)('in %s', (locale) => {
  it.each(codes)('%s has a page with a title and a sentence', (code) => {
    const { title, lead, text } = read(errorPage(code, locale));
    for (const words of [title, lead]) expect(words.length).toBeGreaterThan(5);
    expect(text).not.toContain(code);
  });

  it.each(codes)('%s has a page where an invitation is refused, with all that is known of it or nothing', (code) => {
    const known = { expiresAt: new Date('2026-11-20T18:00:00Z'), inviterName: 'Maya Lind', declineAction: '/decline', formToken: 'f' };
    for (const about of [{}, { singleUse: true }, { signInAction: '/continue' }, known, { ...known, singleUse: true }]) {
      const { title, lead, text } = read(refusedPage(code, locale, about));
      for (const words of [title, lead]) expect(words.length).toBeGreaterThan(5);
      expect(text).not.toContain(code);
    }
  });

  it.each(refusals)('%s reads unlike every other refusal', (code) => {
    const others = refusals.filter((other) => other !== code).map((other) => read(refusedPage(other, locale)).title);
    expect(others).not.toContain(read(refusedPage(code, locale)).title);
  });
});

describe('every code', () => {
  it.each(codes)('%s has a status of refusal', (code) => {
    expect(statusOf(code)).toBe(errors[code].status);
    expect(statusOf(code)).toBeGreaterThanOrEqual(400);
    expect(statusOf(code)).toBeLessThan(600);
  });

  it('is a fault of ours only where it says so', () => {
    expect(codes.filter((code) => statusOf(code) >= 500)).toEqual(['too_busy', 'database_unavailable', 'server_error']);
  });

  it('that ends an invitation ends the app’s request as well', () => {
    for (const code of refusals) expect(errors[code]).toMatchObject({ oauth: 'access_denied' });
  });
});

describe('a failure', () => {
  it('has its code for a message, and no other words', () => {
    const failure = new Failure('too_many_requests', { tries: 3 }, 60);
    expect(failure).toBeInstanceOf(Error);
    expect({ ...failure, message: failure.message }).toEqual({
      name: 'Failure',
      complaints: [],
      message: 'too_many_requests',
      code: 'too_many_requests',
      detail: { tries: 3 },
      retryAfterSeconds: 60,
    });
    expect(new Failure('group_not_found')).toMatchObject({ detail: {}, retryAfterSeconds: undefined });
  });
});

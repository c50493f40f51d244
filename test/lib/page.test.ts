import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from 'cheerio';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { createRenderer } from '../../src/lib/page.ts';
import type { Pages } from '../../src/server/pages.ts';

const overrides = mkdtempSync(join(tmpdir(), 'guestlist-views-'));
afterAll(() => rmSync(overrides, { recursive: true }));

const context = { locale: 'en', now: new Date('2026-11-21T10:00:00Z') };
const settings = { brand: 'Guestlist', base: '/oidc' };
const render = createRenderer(settings).render<Pages>();
const required = { codeAction: '/oidc/invite/code', signInHref: undefined, requestHref: undefined };

describe('a page', () => {
  it('shows every value as text, and nothing as markup', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('<', '>', '"', "'", '&', 'a', '=', ' ', 'script', '/', '<%=', '%>') }), (email) => {
        const $ = load(
          render(
            'server/home',
            {
              codeAction: '/c',
              account: { name: 'Ada', email },
              waitingHref: undefined,
              requestHref: undefined,
              signOutHref: '/out',
              signInHref: '/in',
              forgotHref: '/forgot',
              portalHref: '/me',
              consoleHref: undefined,
            },
            context,
          ),
        );
        expect($('main').text().replace(/\s+/g, ' ')).toContain(email.replace(/\s+/g, ' ').trim());
        expect($('main script')).toHaveLength(0);
      }),
    );
  });

  it('says which language it is in, and which way that runs', () => {
    expect(load(render('invitation/required', required, context))('html').attr()).toEqual({ lang: 'en', dir: 'ltr' });
    expect(load(render('invitation/required', required, { ...context, locale: 'de' }))('html').attr()).toEqual({ lang: 'de', dir: 'ltr' });
    expect(load(render('invitation/required', required, { ...context, locale: 'ar' }))('html').attr()).toEqual({ lang: 'ar', dir: 'rtl' });
  });

  it('finds its files beneath the path of the issuer', () => {
    const $ = load(render('invitation/required', required, context));
    expect($('link[rel=stylesheet]').attr('href')).toBe('/oidc/invite/assets/guestlist.css');
  });

  it('that names what it was not given is a mistake of ours', () => {
    const { signInHref: _, ...incomplete } = required;
    expect(() => render('invitation/required', incomplete as typeof required, context)).toThrow('the page has no signInHref');
  });

  it('that does not exist is a mistake of ours', () => {
    expect(() => render('invitation/nothing' as keyof Pages, required as never, context)).toThrow();
  });
});

describe('an operator’s page', () => {
  it('takes the place of ours of the same name, within our frame, and leaves the others as they are', () => {
    mkdirSync(join(overrides, 'invitation'));
    writeFileSync(
      join(overrides, 'invitation/required.eta'),
      "<% layout('/layout', { title: 'Members only', icon: null, tone: null }) %><p>Ask <%= it.brand %> & friends</p>",
    );
    const own = createRenderer({ ...settings, brand: 'B<rand', views: overrides }).render<Pages>();
    const $ = load(own('invitation/required', required, context));
    expect($('h1').text()).toBe('Members only');
    expect($('main p').text()).toBe('Ask B<rand & friends');
    expect(load(own('invitation/code', { notFound: false, errors: {}, codeAction: '/c' }, context))('form').attr('action')).toBe('/c');
  });
});

describe('a plain text', () => {
  it('is not escaped', () => {
    const offer = { inviterName: 'Maya & "Co" <x>', message: '', lines: [], expiresAt: new Date('2026-11-26T18:00:00Z') };
    const mail = { name: "O'Neill", offer, accountCreated: false, homeHref: 'https://id.example.org/?a=1&b=2' };
    const text = render('mail/joined.text', mail, context);
    expect(text).toContain('Maya & "Co" <x>');
    expect(text).toContain('https://id.example.org/?a=1&b=2');
    expect(load(render('mail/joined.html', mail, context)).text()).toContain('Maya & "Co" <x>');
  });
});

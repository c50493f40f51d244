import Koa, { type Context, type Middleware } from 'koa';
import { request } from 'undici';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createShow, leadTo, localeOf } from '../../src/lib/answer.ts';
import { createRenderer } from '../../src/lib/page.ts';
import type { Pages } from '../../src/server/pages.ts';

const renderer = createRenderer({ brand: 'Guestlist', base: '' });
const show = createShow<Pages>(renderer, () => new Date('2026-11-21T10:00:00Z'));
const data = { codeAction: '/invite/code', signInHref: undefined, requestHref: undefined };
const app = new Koa();
let answer: (ctx: Context) => void = () => undefined;
let address: string;
let close: () => Promise<void>;

beforeAll(async () => {
  const middleware: Middleware = (ctx) => answer(ctx);
  const server = app.use(middleware).listen(0, 'localhost');
  await new Promise((resolve) => server.once('listening', resolve));
  address = `http://localhost:${(server.address() as AddressInfo).port}`;
  close = () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
});

afterAll(() => close());

async function ask(way: (ctx: Context) => void, headers: Record<string, string> = {}) {
  answer = way;
  const response = await request(address, { headers });
  return { status: response.statusCode, headers: response.headers, text: await response.body.text() };
}

describe('a page', () => {
  it('runs nothing but our own files, is shown in no frame, and kept by nobody', async () => {
    const { status, headers } = await ask((ctx) =>
      show(ctx, { page: 'invitation/required', data, status: 403, formTargets: ['https://app.example.org'] }),
    );
    expect(status).toBe(403);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-language': 'en',
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'x-robots-tag': 'noindex, nofollow',
    });
    expect(headers.vary).toMatch(/accept-language/i);
    expect(String(headers['content-security-policy']).split('; ').sort()).toEqual([
      "base-uri 'none'",
      "default-src 'none'",
      "form-action 'self' https://app.example.org",
      "frame-ancestors 'none'",
      "img-src 'self' data:",
      "script-src 'self'",
      "style-src 'self'",
    ]);
  });

  it('at an address that holds a secret tells nobody where it was', async () => {
    const { headers } = await ask((ctx) => show(ctx, { page: 'invitation/required', data, secretAddress: true }));
    expect(headers['referrer-policy']).toBe('no-referrer');
  });

  it.each([
    [undefined, 'de', 'de'],
    ['de', 'en', 'de'],
    ['xx', 'de', 'de'],
    [['de'], 'en', 'en'],
    [undefined, '', 'en'],
  ])('for ui_locales %j and Accept-Language %j is in %s', async (uiLocales, acceptLanguage, locale) => {
    const { headers, text } = await ask((ctx) => show(ctx, { page: 'invitation/required', data, uiLocales }), {
      'accept-language': acceptLanguage,
    });
    expect(headers['content-language']).toBe(locale);
    expect(text).toContain(`<html lang="${locale}"`);
  });

  it('and a mail about it agree on the language', async () => {
    let chosen = '';
    await ask(
      (ctx) => {
        chosen = localeOf(renderer, ctx, 'pt');
        ctx.body = '';
      },
      { 'accept-language': 'de;q=0.9' },
    );
    expect(chosen).toBe('de');
  });
});

it('a redirect is a GET at exactly the address, and tells nobody where it came from', async () => {
  const { status, headers, text } = await ask((ctx) => leadTo(ctx, '/invite?a=%2F'));
  expect([status, headers.location, text]).toEqual([303, '/invite?a=%2F', '']);
  expect(headers).toMatchObject({ 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' });
});

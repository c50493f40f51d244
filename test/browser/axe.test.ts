/**
 * What axe-core finds on the pages: nothing. Every sample in every language that its area has; the colours in both schemes,
 * and in one language, for they are the same in all.
 */
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { locales } from '../views/render.ts';
import { findChromium, launchChromium } from './chromium.ts';
import { type SampleServer, type Shown, serveSamples, shown } from './samples.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 60_000 });

const chromium = findChromium();
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** A mail is a fragment of the program that shows it. */
const notOfMails = ['landmark-one-main', 'page-has-heading-one', 'region'];
/** They look at every letter, which takes as long as everything else. */
const ofColours = ['color-contrast', 'link-in-text-block'];

let browser: Browser;
let server: SampleServer;
let pages: readonly Page[];

const localesOf = ({ area }: Shown): readonly string[] => (area === 'console' ? ['en', 'de'] : locales);

/** Puts a page in the place of the one before, which keeps axe-core: to load that takes longer than to look. */
const put = `async ({ html, runs }) => {
  const next = new DOMParser().parseFromString(html, 'text/html');
  for (const gone of next.querySelectorAll('noscript, meta[http-equiv=refresh]')) gone.remove();
  const sheets = [...next.querySelectorAll('link[rel=stylesheet]')];
  document.replaceChild(document.adoptNode(next.documentElement), document.documentElement);
  await Promise.all(sheets.map((sheet) => new Promise((resolve, reject) => Object.assign(sheet, { onload: resolve, onerror: reject }))));
  for (const script of runs ? document.querySelectorAll('script[src]') : []) await new Promise((resolve, reject) => {
    const own = document.createElement('script');
    Object.assign(own, { type: script.type, src: script.src + '?' + Math.random(), onload: resolve, onerror: reject });
    script.replaceWith(own);
  });
}`;
const look = `(options) => axe.run(document, options).then(({ violations }) =>
  violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary, html }) => [id, target.join(' '), html, failureSummary].join('\\n'))))`;

const call = (page: Page, body: string, argument: unknown) => page.evaluate(`(${body})(${JSON.stringify(argument)})`);

type Look = { readonly locale: string; readonly scheme: 'light' | 'dark'; readonly rules: axe.RunOptions['rules'] };

async function findingsOn(page: Page, sample: Shown, { locale, scheme, rules = {} }: Look): Promise<string[]> {
  await call(page, put, { html: sample.html(locale), runs: locale === 'en' });
  const left = sample.area === 'mail' ? notOfMails : [];
  const found = await call(page, look, {
    ...(scheme === 'dark' ? { runOnly: ofColours } : { runOnly: tags }),
    rules: { ...rules, ...Object.fromEntries(left.map((rule) => [rule, { enabled: false }])) },
    resultTypes: ['violations'],
    preload: false,
  });
  return (found as string[]).map((finding) => `${sample.title}: ${finding}`);
}

async function findings(samples: readonly Shown[], options: Look): Promise<string[]> {
  const queue = [...samples];
  const found: string[] = [];
  const work = async (page: Page) => {
    await page.emulateMedia({ colorScheme: options.scheme });
    for (let sample = queue.shift(); sample; sample = queue.shift()) found.push(...(await findingsOn(page, sample, options)));
  };
  await Promise.all(pages.map(work));
  return found.sort();
}

async function openPage(): Promise<Page> {
  const context = await browser.newContext({ bypassCSP: true, reducedMotion: 'reduce', viewport: { width: 320, height: 640 } });
  const page = await context.newPage();
  await page.goto(server.hrefOf(shown[0] as Shown, 'en'));
  await page.evaluate(`${axe.source};0`);
  return page;
}

describe.skipIf(chromium === undefined)('in Chromium', () => {
  beforeAll(async () => {
    server = await serveSamples();
    browser = await launchChromium(chromium ?? '');
    pages = await Promise.all([openPage(), openPage()]);
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  it('axe finds what is wrong', async () => {
    const bad: Shown = {
      id: 0,
      area: 'invitee',
      title: 'bad',
      html: () => '<!doctype html><title>x</title><img src="x"><p style="color:#777;background:#666">hardly to be read',
    };
    const ids = (found: string[]) => found.map((finding) => finding.match(/^bad: (\S+)/)?.[1]);
    const light = ids(await findings([bad], { locale: 'en', scheme: 'light', rules: {} }));
    expect(light).toEqual(expect.arrayContaining(['color-contrast', 'html-has-lang', 'image-alt', 'landmark-one-main']));
    expect(ids(await findings([bad], { locale: 'en', scheme: 'dark', rules: {} }))).toEqual(['color-contrast']);
  });

  it('nothing is wrong on any page', async () => {
    expect(await findings(shown, { locale: 'en', scheme: 'light', rules: {} })).toEqual([]);
  });

  it('every letter can be read in the dark', async () => {
    expect(await findings(shown, { locale: 'en', scheme: 'dark', rules: {} })).toEqual([]);
  });

  it.each(locales.filter((locale) => locale !== 'en'))('nothing is wrong on any page in %s', async (locale) => {
    const rules = Object.fromEntries(ofColours.map((rule) => [rule, { enabled: false }]));
    const spoken = shown.filter((sample) => localesOf(sample).includes(locale));
    expect(await findings(spoken, { locale, scheme: 'light', rules })).toEqual([]);
  });
});

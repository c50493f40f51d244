/**
 * What axe-core finds on the pages: nothing. Every sample in every language that its area has. The colours are the same in all
 * languages, and each way in which elements stand in each other is looked at once, in both schemes; how a page is built is
 * the same in all languages as well, so that in the others only what depends on words is asked.
 */
import axe from 'axe-core';
import { load } from 'cheerio';
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

const ofWords = [
  ...['aria-command-name', 'aria-input-field-name', 'aria-meter-name', 'aria-progressbar-name', 'aria-toggle-field-name'],
  ...['button-name', 'document-title', 'empty-heading', 'empty-table-header', 'form-field-multiple-labels', 'frame-title'],
  ...['html-has-lang', 'html-lang-valid', 'image-alt', 'image-redundant-alt', 'input-button-name', 'label', 'label-title-only'],
  ...['landmark-unique', 'link-name', 'role-img-alt', 'select-name', 'summary-name', 'svg-img-alt', 'valid-lang', 'table-duplicate-name'],
];

/** Those on which something stands in other things than on those before: a colour is that of an element and of those round it. */
function differing(samples: readonly Shown[]): Shown[] {
  const seen = new Set<string>();
  return samples.filter((sample) => {
    const before = seen.size;
    const $ = load(sample.html('en'));
    for (const element of $('body *').get()) seen.add([...$(element).parents().get(), element].map(lookOf).join(' '));
    return seen.size > before;
  });
}

/** By what a stylesheet can tell it from others. */
function lookOf({ name, attribs }: { readonly name: string; readonly attribs: Readonly<Record<string, string>> }): string {
  const told = Object.entries(attribs).filter(
    ([attribute]) => !/^(?:id|for|href|src|value|name|action|title|content|d)$|-(?:label|labelledby|describedby)$/.test(attribute),
  );
  return `${name}${JSON.stringify(told)}`;
}

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

type Look = { readonly locale: string; readonly scheme?: 'light' | 'dark'; readonly asked?: 'all' | 'structure' | 'colours' | 'words' };

async function findingsOn(page: Page, sample: Shown, { locale, asked = 'all' }: Look): Promise<string[]> {
  await call(page, put, { html: sample.html(locale), runs: locale === 'en' });
  const left = [...(sample.area === 'mail' ? notOfMails : []), ...(asked === 'structure' ? ofColours : [])];
  const found = await call(page, look, {
    runOnly: { all: tags, structure: tags, colours: ofColours, words: ofWords }[asked],
    rules: Object.fromEntries(left.map((rule) => [rule, { enabled: false }])),
    resultTypes: ['violations'],
    preload: false,
  });
  return (found as string[]).map((finding) => `${sample.title}: ${finding}`);
}

async function findings(samples: readonly Shown[], options: Look): Promise<string[]> {
  const queue = [...samples];
  const found: string[] = [];
  const work = async (page: Page) => {
    await page.emulateMedia({ colorScheme: options.scheme ?? 'light' });
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
    const light = ids(await findings([bad], { locale: 'en' }));
    expect(light).toEqual(expect.arrayContaining(['color-contrast', 'html-has-lang', 'image-alt', 'landmark-one-main']));
    expect(ids(await findings([bad], { locale: 'en', scheme: 'dark', asked: 'colours' }))).toEqual(['color-contrast']);
  });

  it('nothing is wrong on any page', async () => {
    expect(await findings(shown, { locale: 'en', asked: 'structure' })).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('every letter can be read: %s', async (scheme) => {
    const samples = differing(shown);
    expect(samples.length).toBeGreaterThan(100);
    expect(await findings(samples, { locale: 'en', scheme, asked: 'colours' })).toEqual([]);
  });

  it.each(locales.filter((locale) => locale !== 'en'))('nothing is wrong on any page in %s', async (locale) => {
    const spoken = shown.filter((sample) => localesOf(sample).includes(locale));
    expect(await findings(spoken, { locale, asked: 'words' })).toEqual([]);
  });
});

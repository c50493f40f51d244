/**
 * Pictures of every page sample, for people to look at: `npm run screenshots [-- <words of the titles>]`. A telephone and a desk,
 * in the light and in the dark; what is made for invitees also in German and Arabic. `screenshots/index.html` shows them.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { findChromium, launchChromium } from './chromium.ts';
import { type Area, type SampleServer, type Shown, serveSamples, shown } from './samples.ts';

const folder = join(import.meta.dirname, '../../screenshots');
const widths = [320, 1280] as const;
const schemes = ['light', 'dark'] as const;
/** Two pages at a time: a browser paints one while the other loads. */
const lanes = 2;

type Lane = { readonly page: Page; readonly developer: CDPSession };
type Job = { readonly sample: Shown; readonly locale: string };

const wanted = process.argv.slice(2);
const samples = shown.filter(({ title, area }) => wanted.every((word) => `${area} ${title}`.includes(word)));
const jobs: readonly Job[] = samples.flatMap((sample) =>
  (sample.area === 'invitee' ? ['en', 'de', 'ar'] : ['en']).map((locale) => ({ sample, locale })),
);

const fileOf = ({ sample, locale }: Job, width: number, scheme: string): string =>
  `${sample.area}/${sample.title.replace(/[^\w]+/g, '-')}.${locale}.${width}.${scheme}.jpg`;

async function takePictures({ page, developer }: Lane, job: Job, server: SampleServer): Promise<void> {
  await page.goto(server.hrefOf(job.sample, job.locale));
  for (const width of widths) {
    await page.setViewportSize({ width, height: width === 320 ? 640 : 800 });
    for (const colorScheme of schemes) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      // Not `page.screenshot`, which takes four times as long.
      const { data } = await developer.send('Page.captureScreenshot', {
        format: 'jpeg',
        quality: 80,
        captureBeyondViewport: true,
        optimizeForSpeed: true,
      });
      await writeFile(join(folder, fileOf(job, width, colorScheme)), data, 'base64');
    }
    const tooWide = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
    if (Number(tooWide) > 0) process.stdout.write(`${job.sample.title} (${job.locale}) is ${tooWide} px wider than ${width} px\n`);
  }
}

async function work(browser: Browser, queue: Job[], server: SampleServer): Promise<void> {
  const page = await browser.newPage();
  const lane = { page, developer: await page.context().newCDPSession(page) };
  for (let job = queue.shift(); job; job = queue.shift()) await takePictures(lane, job, server);
}

const css =
  'body{font:14px system-ui;margin:1rem;background:#ddd}section{margin-block:2rem}div{display:flex;gap:8px;align-items:start}' +
  'img{height:420px;background:#fff}a[data-wide] img{max-width:40vw;object-fit:contain;object-position:top}h2{font-size:1rem}';

/** One page for each area, and one that leads to them. */
function contactSheet(area: Area): string {
  const own = jobs.filter(({ sample }) => sample.area === area);
  const figures = own.map((job) => {
    const pictures = widths.flatMap((width) =>
      schemes.map((scheme) => {
        const file = fileOf(job, width, scheme);
        return `<a href="${file}"${width > 320 ? ' data-wide' : ''}><img loading="lazy" src="${file}" alt="${width} px, ${scheme}"></a>`;
      }),
    );
    return `<section><h2>${job.sample.title} (${job.locale})</h2><div>${pictures.join('')}</div></section>`;
  });
  return `<!doctype html><meta charset="utf-8"><title>${area}</title><style>${css}</style><h1>${area}</h1>${figures.join('\n')}`;
}

async function writeSheets(): Promise<void> {
  const areas = [...new Set(jobs.map(({ sample }) => sample.area))];
  for (const area of areas) await writeFile(join(folder, `${area}.html`), contactSheet(area));
  const links = areas.map((area) => `<li><a href="${area}.html">${area}</a>`).join('');
  await writeFile(join(folder, 'index.html'), `<!doctype html><meta charset="utf-8"><title>Screenshots</title><ul>${links}</ul>`);
}

const chromium = findChromium();
if (!chromium) throw new Error('Pictures need Chromium: CHROMIUM may name one.');
if (wanted.length === 0) await rm(folder, { recursive: true, force: true });
for (const area of new Set(samples.map((sample) => sample.area))) await mkdir(join(folder, area), { recursive: true });
const server = await serveSamples();
const browser = await launchChromium(chromium);
const queue = [...jobs];
try {
  await Promise.all(Array.from({ length: lanes }, () => work(browser, queue, server)));
  await writeSheets();
} finally {
  await browser.close();
  server.close();
}
process.stdout.write(`${jobs.length * 4} pictures of ${samples.length} pages: ${join(folder, 'index.html')}\n`);

/** One person in a browser of their own, and what must be true of every page they see. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';

export type Visit = { readonly page: Page; look(name: string): Promise<void> };

export type Visiting = (who: string, options: BrowserContextOptions, journey: (visit: Visit) => Promise<void>) => Promise<void>;

export const phone = { viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true } as const;
export const desk = { viewport: { width: 1280, height: 900 } } as const;
export const withoutScripts = { javaScriptEnabled: false } as const;

/**
 * The console must stay silent: it tells of scripts that fail and policies that are broken. At each `look` nothing may stick out
 * of the window; with `PICTURES=1` it is also painted, in the light and in the dark, into `screenshots/<folder>`.
 */
export async function visitingWith(browser: Browser, folder: string): Promise<Visiting> {
  const screenshots = join(import.meta.dirname, 'screenshots', folder);
  await rm(screenshots, { recursive: true, force: true });
  await mkdir(screenshots, { recursive: true });
  return async (who, options, journey) => {
    const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Berlin', ...options });
    context.setDefaultTimeout(15_000);
    const page = await context.newPage();
    const complaints = complaintsOf(page);
    const developer = await context.newCDPSession(page);
    const look = async (name: string) => {
      for (const colorScheme of process.env['PICTURES'] ? (['dark', 'light'] as const) : []) {
        await page.emulateMedia({ colorScheme });
        // Not `page.screenshot`, which takes four times as long.
        const { data } = await developer.send('Page.captureScreenshot', { ...picture, captureBeyondViewport: true });
        await writeFile(join(screenshots, `${who}-${name}-${colorScheme}.jpg`), data, 'base64');
      }
      await page.emulateMedia({ colorScheme: options.colorScheme ?? null });
      // On a telephone, `innerWidth` grows with what sticks out.
      const { width } = page.viewportSize() ?? { width: 0 };
      expect(await page.evaluate('document.documentElement.scrollWidth'), `${page.url()} is too wide`).toBeLessThanOrEqual(width);
    };
    try {
      await journey({ page, look });
      expect(complaints).toEqual([]);
    } finally {
      await context.close();
    }
  };
}

const picture = { format: 'jpeg', quality: 80, optimizeForSpeed: true } as const;

function complaintsOf(page: Page): readonly string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !isExpected(message.text())) complaints.push(`${page.url()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText;
    // The icon is fetched after `load`; whoever goes on before it has come aborts it.
    if (reason !== 'net::ERR_ABORTED') complaints.push(`${request.url()}: ${reason}`);
  });
  return complaints;
}

/** Chromium reports each page that is shown with an error's status, which here is on purpose. */
function isExpected(text: string): boolean {
  return /^Failed to load resource: the server responded with a status of (403|404|409|410|422|429) /.test(text);
}

/** Presses it, by finger where there is a touch screen, and waits for the page it leads to. */
export async function follow(page: Page, target: Locator): Promise<void> {
  const isTouched = await page.evaluate('navigator.maxTouchPoints > 0');
  await Promise.all([page.waitForEvent('load'), isTouched ? target.tap() : target.click()]);
}

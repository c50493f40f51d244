/** Coming to the portal: by way of signing in, back to the page that was asked for, and nowhere else. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBrowser } from '../support/browser.ts';
import { signIn } from '../support/people.ts';
import { createSetting, type Setting } from '../journeys/setting.ts';

let setting: Setting;
beforeAll(async () => {
  setting = await createSetting({ choir: 'Kammerchor Nord' });
});
afterAll(() => setting.server.close());

describe('the way in', () => {
  test('whoever is not signed in signs in first, and comes back to the page they asked for', async () => {
    const { email } = await setting.member('ada');
    const browser = createBrowser(setting.server.issuer);
    const page = await signIn(browser, await browser.open('/me/sessions'), { email });
    expect(new URL(page.url).pathname).toBe('/me/sessions');
    expect(page.$('nav [aria-current="page"]').text()).toBe('Sessions and apps');
  });

  test.each([
    'https://evil.example/',
    '//evil.example/me',
    '/me//evil.example',
    '/account/security',
    '/me/../account',
    '/mess',
    '/me/\\evil',
  ])('a made-up way back, %s, leads to the portal itself', async (state) => {
    const { browser } = await setting.member(`ben-${Buffer.from(state).toString('hex')}`);
    const page = await browser.open(`/me/arrived?${new URLSearchParams({ state })}`);
    expect(new URL(page.url).pathname).toBe('/me');
    expect(page.status).toBe(200);
  });

  test('whoever gives up signing in is not asked again', async () => {
    const page = await createBrowser(setting.server.issuer).open('/me/arrived?error=access_denied&state=/me');
    expect(new URL(page.url).pathname).toBe('/');
  });
});

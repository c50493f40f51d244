/** What the tests of the console share: people with and without something to do there, and coming in as a browser does. */
import type { GrantWish } from '../../src/group/manage.ts';
import { createSetting, type Member, type Setting } from '../journeys/setting.ts';
import type { Browser, Fields, Rest } from '../support/browser.ts';
import type { TestServerOptions } from '../support/server.ts';

export type ConsoleSetting = Setting & {
  /** Somebody signed in at the provider, and not yet in the console. */
  admin(name: string): Promise<Member>;
  manager(name: string, ...groups: readonly string[]): Promise<Member>;
};

export async function createConsoleSetting(
  groups: Readonly<Record<string, string>> = { choir: 'Kammerchor Nord', stage: 'Stage crew' },
  options: TestServerOptions = {},
): Promise<ConsoleSetting> {
  const setting = await createSetting(groups, options);
  const member = (name: string, wish: GrantWish) => setting.member(name, { verified: true, ...wish });
  return {
    ...setting,
    admin: (name) => member(name, { rights: ['guestlist:admin'] }),
    manager: (name, ...slugs) => member(name, { groups: slugs.map((slug) => `${slug}:manager`) }),
  };
}

/** Opens a page of the console, by way of signing in where that is needed, and goes on where a page does so by itself. */
export async function openConsole(browser: Browser, path: `/admin${string}`, headers: Fields = {}): Promise<Rest> {
  return goOn(browser, await browser.open(path, headers));
}

/** As a browser does with `<meta http-equiv="refresh">`. */
export async function goOn(browser: Browser, page: Rest): Promise<Rest> {
  const target = page.$('meta[http-equiv="refresh"]').attr('content')?.split('url=')[1];
  return target === undefined ? page : goOn(browser, await browser.open(target));
}

/** Of the console, as this browser holds it. */
export async function sessionCookie({ jar }: Pick<Browser, 'jar'>, { server }: Pick<Setting, 'server'>) {
  return (await jar.getCookies(server.issuer)).find(({ key }) => key.endsWith('guestlist_console'));
}

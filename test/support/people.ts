/** What people do, in the words of the pages. */
import type { Browser, Rest } from './browser.ts';

export type Newcomer = { readonly name?: string; readonly email: string; readonly password?: string };

export const goodPassword = 'correct horse battery staple seven';

/** Opens the link and chooses to make an account: comes to rest at the registration form. */
export async function openAsNewcomer(browser: Browser, url: string): Promise<Rest> {
  return browser.submit(await browser.open(url), 'create');
}

export async function register(
  browser: Browser,
  page: Rest,
  { name = 'Ada Park', email, password = goodPassword }: Newcomer,
): Promise<Rest> {
  return browser.submit(page, 'Create account and join', { name, email, password });
}

/** The whole way of a newcomer through the front door. */
export async function join(browser: Browser, url: string, newcomer: Newcomer): Promise<Rest> {
  return register(browser, await openAsNewcomer(browser, url), newcomer);
}

export async function signIn(browser: Browser, page: Rest, { email, password = goodPassword }: Newcomer): Promise<Rest> {
  return browser.submit(page, 'Sign in', { email, password });
}

/** What people do, in the words of the pages. */
import { findMailbox } from '../../src/account/store.ts';
import type { Database } from '../../src/lib/db.ts';
import { emailKey } from '../../src/lib/email.ts';
import { type Browser, createBrowser, type Rest } from './browser.ts';
import { mailedCode, mailedLink, mailedRequestLink } from './mail.ts';
import type { JourneyServer } from './server.ts';

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
  const asking = 'Create account and ask to join';
  return browser.submit(page, page.html.includes(asking) ? asking : 'Create account and join', { name, email, password });
}

/** The whole way of a newcomer through the front door. */
export async function join(browser: Browser, url: string, newcomer: Newcomer): Promise<Rest> {
  return register(browser, await openAsNewcomer(browser, url), newcomer);
}

export async function signIn(browser: Browser, page: Rest, { email, password = goodPassword }: Newcomer): Promise<Rest> {
  return browser.submit(page, 'Sign in', { email, password });
}

/** From the page that asks for the PIN to whatever lies behind it. */
export async function typePin(browser: Browser, page: Rest, pin: string): Promise<Rest> {
  return browser.submit(page, 'Continue', { pin });
}

/** From the page that asks for a mailbox, past the code that is mailed there. Without `typed`, the page asks for no address. */
export async function proveMailbox(
  browser: Browser,
  page: Rest,
  { database, email, typed }: { readonly database: Database; readonly email: string; readonly typed?: string },
): Promise<Rest> {
  const codePage = await browser.submit(page, 'Send me a mail', typed === undefined ? {} : { email: typed });
  return browser.submit(codePage, 'Continue', { code: await mailedCode(database, email) });
}

export type Member = { readonly email: string; readonly accountId: string; readonly browser: Browser };

/** Somebody signed in, with an account that an invitation made; by mail, the address is proven. */
export async function becomeMember(
  server: Pick<JourneyServer, 'issuer' | 'database' | 'guestlist'>,
  {
    group,
    email,
    name,
    proven = false,
  }: { readonly group: string; readonly email: string; readonly name?: string; readonly proven?: boolean },
): Promise<Member> {
  const { url } = await server.guestlist.invite(proven ? { groups: [group], email } : { groups: [group] });
  const browser = createBrowser(server.issuer);
  await join(browser, url ?? (await mailedLink(server.database, email)), { email, ...(name === undefined ? {} : { name }) });
  const mailbox = await findMailbox(server.database, emailKey(email));
  if (!mailbox) throw new Error(`${email} has no account after all`);
  return { email, accountId: mailbox.accountId, browser };
}

/** A page as it was before anything of one browser, one request or one interaction was put into it. */
export function withoutTokens({ html }: Pick<Rest, 'html'>): string {
  return html.replace(/(name="form_token" value=")[^"]*/g, '$1').replace(/(\/interaction\/)[\w-]+/g, '$1');
}

/** Asks to be invited to a group, by its page, as far as the mail that follows. */
export async function sendRequest(
  { issuer }: Pick<JourneyServer, 'issuer'>,
  group: string,
  { email, name = 'Ada Park', note = '', query = '' }: { email: string; name?: string; note?: string; query?: string },
): Promise<Rest> {
  const browser = createBrowser(issuer);
  return browser.submit(await browser.open(`/invite/request/${group}${query}`), 'Ask for an invitation', { email, name, note });
}

/** The link in the mail, and the button behind it. */
export async function confirmRequest({ issuer, database }: Pick<JourneyServer, 'issuer' | 'database'>, email: string): Promise<Rest> {
  const browser = createBrowser(issuer);
  return browser.submit(await browser.open(await mailedRequestLink(database, email)), 'Yes, send my request');
}

/** All of it. */
export async function askFor(server: Pick<JourneyServer, 'issuer' | 'database'>, group: string, email: string): Promise<Rest> {
  await sendRequest(server, group, { email });
  return confirmRequest(server, email);
}

/** Forms into which anybody can type somebody else's address: each made ready to be sent, so that its answer alone is looked at. */
import { Agent, request } from 'undici';
import { type Browser, createBrowser, type Fields, formOf, type Page } from '../support/browser.ts';
import { goodPassword, openAsNewcomer } from '../support/people.ts';

export type Ready = {
  /** Sends it as a browser does, and follows no redirect. */
  send(email: string): Promise<Answer>;
};

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** From the first byte that was sent to the last one that came. */
  readonly ms: number;
  /** Where it leads to, fetched as the browser would. */
  readonly next: Omit<Answer, 'next'> | undefined;
};

const agent = new Agent({ connections: 10, keepAliveTimeout: 10_000 });

/** `place` is where the sender seems to be, for a server behind a proxy. */
export type At = { readonly issuer: string; readonly place?: string | undefined };

type Form = { readonly page: Page; readonly button: string; readonly fields?: Fields; readonly place?: string | undefined };

const cameFrom = (place: string | undefined): Fields => (place === undefined ? {} : { 'x-forwarded-for': place });

function ready(browser: Browser, { page, button, fields = {}, place }: Form): Ready {
  const { action, filled } = formOf(page, button);
  const { origin } = new URL(action);
  return {
    async send(email) {
      const body = new URLSearchParams({ ...filled, ...fields, email }).toString();
      const headers = { ...cameFrom(place), 'content-type': 'application/x-www-form-urlencoded', origin, 'sec-fetch-site': 'same-origin' };
      const answer = await exchange(browser, action, { method: 'POST', headers, body });
      const { location } = answer.headers;
      const next = typeof location === 'string' ? new URL(location, action) : undefined;
      const isOurs = next?.origin === origin;
      return { ...answer, next: isOurs ? await exchange(browser, next.href, { method: 'GET', headers: cameFrom(place) }) : undefined };
    },
  };
}

type Sending = { readonly method: 'GET' | 'POST'; readonly headers: Fields; readonly body?: string };

async function exchange({ jar }: Browser, address: string, { headers, ...sending }: Sending): Promise<Omit<Answer, 'next'>> {
  const cookie = await jar.getCookieString(address);
  const since = performance.now();
  const response = await request(address, {
    ...sending,
    dispatcher: agent,
    headers: { accept: 'text/html', 'accept-language': 'en', 'sec-fetch-mode': 'navigate', cookie, ...headers },
  });
  const body = await response.body.text();
  const ms = performance.now() - since;
  for (const set of [response.headers['set-cookie'] ?? []].flat()) await jar.setCookie(set, address);
  return { status: response.statusCode, headers: response.headers, body, ms };
}

/** A forgotten password. */
export async function forgotten({ issuer, place }: At): Promise<Ready> {
  const browser = createBrowser(issuer);
  return ready(browser, { place, page: await browser.open('/account/forgot'), button: 'Send me a mail' });
}

/** A code at registration, by somebody who has a link. */
export async function codeWanted({ issuer, place }: At, url: string): Promise<Ready> {
  const browser = createBrowser(issuer);
  return ready(browser, { place, page: await openAsNewcomer(browser, url), button: 'Send me a mail' });
}

type Registering = {
  readonly url: string;
  readonly proven: string;
  /** What was mailed there. */
  codeOf(email: string): Promise<string>;
};

/** The registration form of somebody who has proven a mailbox of their own, and types another one into it. */
export async function registering({ issuer, place }: At, { url, proven, codeOf }: Registering): Promise<Ready> {
  const browser = createBrowser(issuer);
  const codePage = await browser.submit(await openAsNewcomer(browser, url), 'Send me a mail', { email: proven }, cameFrom(place));
  const page = await browser.submit(codePage, 'Continue', { code: await codeOf(proven) });
  return ready(browser, { place, page, button: 'Create account and join', fields: { name: 'Ada Park', password: goodPassword } });
}

/** The sign-in form, reached through a link, with a password that is nobody's. */
export async function signingIn({ issuer, place }: At, url: string): Promise<Ready> {
  const browser = createBrowser(issuer);
  const page = await browser.submit(await browser.open(url), 'login');
  return ready(browser, { place, page, button: 'Sign in', fields: { password: 'what was it, what was it' } });
}

/** A wish to be invited to a group. */
export async function invitationWanted({ issuer, place }: At, group: string): Promise<Ready> {
  const browser = createBrowser(issuer);
  const page = await browser.open(`/invite/request/${group}`);
  return ready(browser, { place, page, button: 'Ask for an invitation', fields: { name: 'Ada Park', note: '' } });
}

/** Another address, wished for by somebody who is signed in. */
export async function addressWanted(browser: Browser): Promise<Ready> {
  return ready(browser, { page: await browser.open('/account/email'), button: 'Send me a mail', fields: { current: goodPassword } });
}

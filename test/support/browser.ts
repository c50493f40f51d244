/**
 * A browser without a window: cookies by their rules, redirects followed while they stay at the server, forms filled
 * and sent as a person would. It remembers every address it has been to.
 */
import { type CheerioAPI, load } from 'cheerio';
import { CookieJar } from 'tough-cookie';
import { Agent, request } from 'undici';

export type Page = {
  readonly status: number;
  readonly url: string;
  readonly html: string;
  readonly $: CheerioAPI;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Text of the page's heading. */
  readonly heading: string;
};

/** Where a journey comes to rest: a page of the server, or an address of an app. */
export type Rest = Page & { readonly leftFor: URL | undefined };

export type Fields = Readonly<Record<string, string>>;

export type Browser = {
  readonly jar: CookieJar;
  /** Every address that was asked for, in order, with those left for. */
  readonly trail: string[];
  open(address: string, headers?: Fields): Promise<Rest>;
  /** Sends the form that holds the button, with what is filled in on top of what the page has. */
  submit(page: Page, button: string, fields?: Fields, headers?: Fields): Promise<Rest>;
  post(address: string, fields: Fields, headers?: Fields): Promise<Rest>;
};

const agent = new Agent({ connections: 300, keepAliveTimeout: 1_000, keepAliveMaxTimeout: 1_000 });

/** `always`: headers of every request. */
export function createBrowser(home: string, always: Fields = {}): Browser {
  const jar = new CookieJar();
  const trail: string[] = [];
  const origin = new URL(home).origin;
  const base = new URL(home).pathname.replace(/\/$/, '');
  /** A path counts from the home address, which may have a path itself; what pages say has it already. */
  const resolve = (address: string) =>
    new URL(address.startsWith('/') && !address.startsWith(`${base}/`) ? base + address : address, home).href;

  async function send(method: 'GET' | 'POST', address: string, { headers, body }: { headers: Fields; body?: string }): Promise<Rest> {
    trail.push(address);
    const response = await request(address, {
      method,
      dispatcher: agent,
      headers: {
        accept: 'text/html,application/xhtml+xml',
        'accept-language': 'en',
        cookie: await jar.getCookieString(address),
        'sec-fetch-mode': 'navigate',
        ...always,
        ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded', origin, 'sec-fetch-site': 'same-origin' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    for (const cookie of [response.headers['set-cookie'] ?? []].flat()) await jar.setCookie(cookie, address);
    const html = await response.body.text();
    const location = response.headers.location;
    if (typeof location === 'string' && [302, 303, 307].includes(response.statusCode))
      return follow(new URL(location, address), headers['accept-language']);
    const $ = load(html);
    return {
      status: response.statusCode,
      url: address,
      html,
      $,
      headers: response.headers,
      heading: $('h1').text().trim(),
      leftFor: undefined,
    };
  }

  async function follow(next: URL, language: string | undefined): Promise<Rest> {
    if (next.origin === origin) return send('GET', next.href, { headers: language ? { 'accept-language': language } : {} });
    trail.push(next.href);
    return { status: 303, url: next.href, html: '', $: load(''), headers: {}, heading: '', leftFor: next };
  }

  const post: Browser['post'] = (address, fields, headers = {}) =>
    send('POST', resolve(address), { headers, body: new URLSearchParams(fields).toString() });

  return {
    jar,
    trail,
    post,
    open: (address, headers = {}) => send('GET', resolve(address), { headers }),
    async submit(page, button, fields = {}, headers = {}) {
      const { action, filled } = formOf(page, button);
      const rest = await post(action, { ...filled, ...fields }, headers);
      return submitsItself(rest) ? post(...autoForm(rest)) : rest;
    },
  };
}

/** Where the form that holds the button goes, and what the page has put into it. */
export function formOf({ $, url, html }: Page, button: string): { action: string; filled: Fields } {
  const found = $('button')
    .filter((_, element) => $(element).text().trim() === button || $(element).attr('value') === button)
    .first();
  if (found.length === 0) throw new Error(`no button ${button} on ${url}:\n${html}`);
  const form = found.attr('form') ? $('form').filter((_, element) => $(element).attr('id') === found.attr('form')) : found.closest('form');
  const filled = Object.fromEntries(form.serializeArray().map(({ name, value }) => [name, value]));
  const name = found.attr('name');
  return {
    action: new URL(form.attr('action') ?? '', url).href,
    filled: name ? { ...filled, [name]: found.attr('value') ?? '' } : filled,
  };
}

/** Pages of oidc-provider that a script sends on: signing out without a question, and changing accounts. */
function submitsItself({ $, html }: Page): boolean {
  return /document\.forms\[0\]\.submit|\.submit\(\)/.test(html) && $('form').length > 0;
}

function autoForm({ $, url }: Page): [string, Fields] {
  const form = $('form').first();
  return [new URL(form.attr('action') ?? '', url).href, Object.fromEntries(form.serializeArray().map(({ name, value }) => [name, value]))];
}

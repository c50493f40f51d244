/** The public pages: choosing a group, asking, and confirming by mail. A GET changes nothing, also of a mailed link. */
import type { Context } from 'koa';
import { z } from 'zod';
import { originOf } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { leadTo, localeOf, type PageOf, type Show } from '../lib/answer.ts';
import { readHostCookie, writeHostCookie } from '../lib/cookie.ts';
import { countingKey, emailKey, emailSchema } from '../lib/email.ts';
import { checkForm, type FieldErrors, formStatus, lineOfText, textOfLines } from '../lib/form.ts';
import { addressBlock, hasPoint, type Throttle } from '../lib/throttle.ts';
import { slugPattern } from '../group/group.ts';
import { formToken, pathOf, readSiteForm, type Site } from '../invitation/site.ts';
import { parseToken, type Token } from '../invitation/token.ts';
import { askForInvitation, confirmRequest, findAsked, standingNow } from './ask.ts';
import { type Desk, findDesk, listDesks } from './desk-store.ts';
import type { RequestPages } from './pages.ts';
import { confirmHours } from './request.ts';

export type RequestSite = Site & {
  readonly showRequest: Show<PageOf<RequestPages>>;
  /** Counts requests by address block, and by mailbox. */
  readonly requestsFromPlace: Throttle;
  readonly requestsToMailbox: Throttle;
};

/** Where they came from, as the link to the page says: `?from=website`, `&app=` a client id. Anything else is left out. */
function originsOf(fields: Readonly<Record<string, unknown>>): { readonly from: string; readonly app: string } {
  const plain = (value: unknown) => (typeof value === 'string' && /^[\w.:/-]{1,64}$/.test(value) ? value : '');
  return { from: plain(fields['from']), app: plain(fields['app']) };
}

/** One group that can be asked for leads straight to its form. Throws `requests_closed` where there is none. */
export async function showGroups(site: RequestSite, ctx: Context): Promise<void> {
  const desks = (await listDesks(site.host.database)).filter(({ isOpen }) => isOpen);
  const { from, app } = originsOf(ctx.query);
  const query = new URLSearchParams({ ...(from ? { from } : {}), ...(app ? { app } : {}) }).toString();
  const hrefOf = ({ slug }: Desk) => `${pathOf(site, `/invite/request/${slug}`)}${query && `?${query}`}`;
  const [first] = desks;
  if (!first) throw new Failure('requests_closed');
  if (desks.length === 1) return leadTo(ctx, hrefOf(first));
  const groups = desks.map((desk) => ({ name: desk.name, description: desk.description, href: hrefOf(desk) }));
  site.showRequest(ctx, { page: 'request/choose', data: { groups } });
}

export async function showForm(site: RequestSite, ctx: Context): Promise<void> {
  showAsk(site, ctx, { desk: await openDesk(site, ctx), ...originsOf(ctx.query) });
}

async function openDesk({ host }: Site, ctx: Context): Promise<Desk> {
  const slug = String(ctx['params']['slug']);
  // PostgreSQL takes no text with a NUL in it.
  const desk = slugPattern.test(slug) ? await findDesk(host.database, slug) : undefined;
  if (!desk?.isOpen) throw new Failure('requests_closed');
  return desk;
}

type Ask = {
  readonly desk: Desk;
  readonly from: string;
  readonly app: string;
  readonly email?: string | undefined;
  readonly name?: string | undefined;
  readonly note?: string | undefined;
  readonly errors?: FieldErrors;
};

function showAsk(site: RequestSite, ctx: Context, { desk, from, app, email = '', name = '', note = '', errors = {} }: Ask): void {
  const action = pathOf(site, `/invite/request/${desk.slug}`);
  const data = { group: desk.name, description: desk.description, action, email, name, note, from, app, errors };
  site.showRequest(ctx, { page: 'request/ask', data, status: formStatus(errors) });
}

const askForm = z.strictObject({
  email: emailSchema,
  name: lineOfText(100),
  note: textOfLines(500),
  from: z.string().optional(),
  app: z.string().optional(),
});

/** Throws `requests_closed`, `too_many_requests`. */
export async function sendRequest(site: RequestSite, ctx: Context): Promise<void> {
  const { host } = site;
  const desk = await openDesk(site, ctx);
  const fields = await readSiteForm(site, ctx);
  const { from, app } = originsOf(fields);
  const form = checkForm(askForm, fields);
  if (!form.ok) return showAsk(site, ctx, { ...fields, desk, from, app, errors: form.errors });
  const { email, name, note } = form.value;
  await site.requestsFromPlace.consume(addressBlock(ctx.ip));
  // A mailbox that gets too many of these mails gets no more for a while; the answer is the same.
  if (await hasPoint(site.requestsToMailbox, countingKey(emailKey(email)))) {
    const landingClientId = (await host.apps(host.database)).find(({ clientId }) => clientId === app)?.clientId;
    const locale = localeOf(host.renderer, ctx);
    await askForInvitation(host, desk, { email, name, note, source: from || undefined, landingClientId, locale });
  }
  leadTo(ctx, pathOf(site, '/invite/request-sent'));
}

export async function showSent(site: RequestSite, ctx: Context): Promise<void> {
  site.showRequest(ctx, { page: 'request/sent', data: { hours: confirmHours } });
}

const cookieName = 'request';

/** The token moves into a cookie: addresses are kept and shown in many places. */
export async function openConfirmation(site: RequestSite, ctx: Context): Promise<void> {
  const token = parseToken(ctx['params']['token']);
  const lifetimeSeconds = confirmHours * 60 * 60;
  writeHostCookie(site.host.issuer, ctx, { name: cookieName, value: token ?? null, lifetimeSeconds });
  leadTo(ctx, pathOf(site, '/invite/request-confirm'));
}

function openedToken({ host }: Site, ctx: Context): Token | undefined {
  return parseToken(readHostCookie(host.issuer, ctx, cookieName));
}

/** Throws `link_not_found`. */
export async function showConfirmation(site: RequestSite, ctx: Context): Promise<void> {
  const token = openedToken(site, ctx);
  const asked = token && (await findAsked(site.host, token));
  if (!token || !asked?.email) throw new Failure('link_not_found');
  if (asked.confirmedAt) return leadTo(ctx, pathOf(site, '/invite/request-done'));
  const { groupName: group, email, name, note } = asked;
  const action = pathOf(site, '/invite/request-confirm');
  site.showRequest(ctx, { page: 'request/confirm', data: { group, email, name, note, action, formToken: formToken(token, 'request') } });
}

/** Throws `link_not_found`. */
export async function confirmByMail(site: RequestSite, ctx: Context): Promise<void> {
  const { form_token } = await readSiteForm(site, ctx);
  const token = openedToken(site, ctx);
  if (!token || form_token !== formToken(token, 'request')) return leadTo(ctx, pathOf(site, '/invite/request-confirm'));
  await confirmRequest(site.host, token, originOf(ctx));
  leadTo(ctx, pathOf(site, '/invite/request-done'));
}

/** A later look at it tells what has become of it since. */
export async function showDone(site: RequestSite, ctx: Context): Promise<void> {
  const token = openedToken(site, ctx);
  const asked = token && (await findAsked(site.host, token));
  if (!asked) return leadTo(ctx, pathOf(site, '/invite/request'));
  const standing = await standingNow(site.host, site.host.database, asked);
  site.showRequest(ctx, { page: 'request/done', data: { group: asked.groupName, standing } });
}

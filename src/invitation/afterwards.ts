/** What comes after an answer or instead of one: the page that tells what came of it, "not for me", a wish for a new link, a day for the calendar. */
import type { Context } from 'koa';
import { originOf, recordAudit } from '../audit/audit.ts';
import { leadTo } from '../lib/answer.ts';
import { inTransaction } from '../lib/db.ts';
import { currentVisit } from './front-door.ts';
import type { OpenVisit } from './held-visit.ts';
import { ownUrl } from './host.ts';
import { owesPin } from './invitation.ts';
import type { AppLink } from './pages.ts';
import { findApproval, hasRedeemed } from './redemption-store.ts';
import { wishForLink } from './renewal.ts';
import { showRefusal } from './respond.ts';
import { formToken, offerOf, pathOf, readSiteForm, type Site } from './site.ts';
import type { Visit, VisitAnswer } from './visit.ts';
import { markAnswered } from './visit-store.ts';

/** Where everybody arrives who has answered. A later look at it is harmless: it only tells. */
export async function showDone(site: Site, ctx: Context): Promise<void> {
  const current = await currentVisit(site, ctx);
  if (!current?.visit.answer) return leadTo(ctx, pathOf(site, '/invite'));
  const { visit } = current;
  const { invitation } = visit;
  const answer = await answerNow(site, visit, current.visit.answer);
  if (answer === 'rejected') return showRefusal(site, ctx, { code: 'approval_rejected', visit });
  const data = {
    answer,
    offer: offerOf(invitation, site.host.clock()),
    apps: answer === 'declined' || answer === 'awaiting_approval' ? [] : await appLinks(site, invitation.landingClientId),
    homeHref: site.host.home,
    invitationPage: pathOf(site, '/invite'),
  };
  site.host.show(ctx, { page: 'invitation/done', data });
}

/** Third-party initiated login, OIDC Core §4: the app starts its own sign-in, and finds the person signed in here. */
async function appLinks({ host }: Site, landingClientId: string | undefined): Promise<AppLink[]> {
  const apps = await host.apps(host.database);
  const landing = apps.filter(({ clientId }) => clientId === landingClientId);
  return (landing.length > 0 ? landing : apps).map(({ name, initiateLoginUri }) => {
    const href = new URL(initiateLoginUri);
    href.searchParams.set('iss', host.issuer);
    return { name, href: href.href };
  });
}

/** Somebody may have decided since. */
async function answerNow({ host }: Site, { invitation, accountId }: Visit, answer: VisitAnswer): Promise<VisitAnswer | 'rejected'> {
  if (answer !== 'awaiting_approval' || accountId === undefined) return answer;
  if (await hasRedeemed(host.database, invitation.id, accountId)) return 'joined';
  const approval = await findApproval(host.database, invitation.id, accountId);
  return approval?.decision === 'rejected' ? 'rejected' : answer;
}

/** The visit that a form of ours belongs to; undefined: it is of another page, or of no visit at all. */
async function visitOfForm(site: Site, ctx: Context, purpose: 'continue' | 'ask'): Promise<OpenVisit | undefined> {
  const { form_token } = await readSiteForm(site, ctx);
  const current = await currentVisit(site, ctx);
  return current && form_token === formToken(current.handle, purpose) ? current : undefined;
}

/** Not for me: by whoever got the mail, without signing in. It can be taken back. */
export async function declineAtDoor(site: Site, ctx: Context): Promise<void> {
  const current = await visitOfForm(site, ctx, 'continue');
  if (!current || current.visit.answer) return leadTo(ctx, pathOf(site, '/invite'));
  await recordDecline(site, ctx, { visit: current.visit, accountId: undefined });
  leadTo(ctx, pathOf(site, '/invite/done'));
}

/** By an account, or by whoever holds the link: then there is nobody that a host could know. */
export async function recordDecline(
  { host }: Site,
  ctx: Context,
  { visit, accountId }: { readonly visit: Visit; readonly accountId: string | undefined },
): Promise<void> {
  const now = host.clock();
  const invitationId = visit.invitation.id;
  await inTransaction(host.database, async (trx) => {
    await markAnswered(trx, visit.id, { answer: 'declined', accountId, now });
    const actor = accountId ?? 'stranger';
    await recordAudit(trx, { at: now, actor, from: originOf(ctx), action: 'invitation.declined', subject: invitationId }, host.random);
    if (accountId !== undefined) await host.events.declined?.({ invitationId, accountId }, trx);
  });
}

/** N, O, P. The answer is always the same. */
export async function askForNewLink(site: Site, ctx: Context): Promise<void> {
  const { host } = site;
  const current = await visitOfForm(site, ctx, 'ask');
  if (!current) return leadTo(ctx, pathOf(site, '/invite'));
  const { id, inviterName, addressee } = current.visit.invitation;
  await wishForLink(host, id, originOf(ctx));
  host.show(ctx, { page: 'invitation/asked', data: { inviterName, isAddressed: addressee !== undefined } });
}

/** R: when it opens, as an event of a calendar (RFC 5545). The link itself is not in it: calendars are shared. */
export async function showCalendar(site: Site, ctx: Context): Promise<void> {
  const { host } = site;
  const current = await currentVisit(site, ctx);
  const startsAt = current?.visit.invitation.startsAt;
  if (!current || !startsAt) return leadTo(ctx, pathOf(site, '/invite'));
  const instant = (date: Date) => date.toISOString().replace(/[-:]|\.\d+/g, '');
  const { id, inviterName, grants } = current.visit.invitation;
  const told = owesPin(current.visit) ? [] : grants;
  const places = told.flatMap((grant) => (grant.kind === 'group' ? [grant.name] : []));
  const summary = [...places, ...(inviterName === undefined ? [] : [inviterName])].join(' · ') || host.issuer;
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Guestlist//EN',
    'BEGIN:VEVENT',
    `UID:${id}@${new URL(host.issuer).hostname}`,
    `DTSTAMP:${instant(host.clock())}`,
    `DTSTART:${instant(startsAt)}`,
    `SUMMARY:${escapeCalendar(summary)}`,
    `URL:${ownUrl(host.issuer, '/invite')}`,
    'END:VEVENT',
    'END:VCALENDAR',
  ];
  ctx.set({ 'Cache-Control': 'no-store', 'Content-Disposition': 'attachment; filename="invitation.ics"' });
  ctx.type = 'text/calendar; charset=utf-8';
  ctx.body = `${lines.flatMap(folded).join('\r\n')}\r\n`;
}

function escapeCalendar(text: string): string {
  return text.replace(/[\\;,]/g, '\\$&').replace(/\n/g, '\\n');
}

/** RFC 5545 §3.1: 75 octets a line; what is longer goes on after a line break and a space. */
function folded(line: string): string[] {
  const lines = [''];
  for (const character of line) {
    const last = lines.length - 1;
    if (Buffer.byteLength(`${lines[last]}${character}`) > 74) lines.push(` ${character}`);
    else lines[last] += character;
  }
  return lines;
}

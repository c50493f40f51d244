/**
 * The page behind "no more of these mails", and the one click of a mail program (RFC 8058): it comes without a cookie
 * and from nowhere, is never redirected, and is answered alike whatever becomes of it. To look changes nothing. What is
 * stopped are the mails that nobody asked for at that moment, never what they are about.
 */
import type { Context } from 'koa';
import { originOf, recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { inTransaction } from '../lib/db.ts';
import { readForm, readOneClick } from '../lib/form.ts';
import { isOwnOrigin } from '../lib/origin.ts';
import { readStopHandle, type StopSubject } from '../mail/stop.ts';
import { isStopped, markStopped, markUnstopped } from '../mail/stop-store.ts';
import type { InvitationPages } from './pages.ts';
import { pathOf, type Site } from './site.ts';

export async function showStop(site: Site, ctx: Context): Promise<void> {
  const subject = subjectOf(site, ctx);
  showState(site, ctx, { subject, isStopped: await isStopped(site.host.database, subject) });
}

/** A mail program may only stop; to start again takes our own page. Anything else is a form from elsewhere. */
export async function changeStop(site: Site, ctx: Context): Promise<void> {
  const subject = subjectOf(site, ctx);
  const isOwn = isOwnOrigin(ctx.req.headers, new URL(site.host.issuer).origin);
  const stops = isOwn ? (await readForm(ctx.req))['way'] !== 'start' : await readOneClick(ctx.req);
  if (!isOwn && !stops) throw new Failure('foreign_origin');
  await changeTo(site, ctx, { subject, stops });
  showState(site, ctx, { subject, isStopped: stops });
}

/** Throws `page_not_found`. */
function subjectOf({ host }: Site, ctx: Context): StopSubject {
  // Without a secret no such link was ever made.
  const subject = host.seal && readStopHandle(host.stopKey(), ctx['params']['handle']);
  if (!subject) throw new Failure('page_not_found');
  return subject;
}

async function changeTo({ host }: Site, ctx: Context, { subject, stops }: { readonly subject: StopSubject; readonly stops: boolean }) {
  const now = host.clock();
  await inTransaction(host.database, async (trx) => {
    const changed = stops ? await markStopped(trx, subject, now) : await markUnstopped(trx, subject);
    if (!changed) return;
    const entry = { at: now, actor: 'stranger', from: originOf(ctx), subject: idIn(subject), detail: { of: kindOf(subject) } } as const;
    await recordAudit(trx, { ...entry, action: stops ? 'mail.stopped' : 'mail.started' }, host.random);
  });
}

function kindOf(subject: StopSubject): InvitationPages['invitation/stop']['about'] {
  return subject.startsWith('invitation:') ? 'invitation' : subject.startsWith('account:') ? 'account' : 'requests';
}

/** What the trail calls it: the invitation, or the account. */
function idIn(subject: StopSubject): string {
  const rest = subject.slice(subject.indexOf(':') + 1);
  return kindOf(subject) === 'requests' ? rest.slice(rest.indexOf(':') + 1) : rest;
}

function showState(site: Site, ctx: Context, { subject, isStopped }: { readonly subject: StopSubject; readonly isStopped: boolean }): void {
  const action = pathOf(site, `/invite/stop/${String(ctx['params']['handle'])}`);
  site.host.show(ctx, { page: 'invitation/stop', data: { about: kindOf(subject), isStopped, action } });
}

/** `/me/sessions`: where somebody is signed in, and which apps know them; each can be ended, after one question. */
import type { Context } from 'koa';
import { z } from 'zod';
import type { Member } from '../account/security.ts';
import { originOf } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { leadTo } from '../lib/answer.ts';
import { endAndRecord, type Ending, handleOf } from './ending.ts';
import { type PortalPages, type SessionDeed, sessionDeeds, type ShownSession } from './pages.ts';
import { portalForm, portalPath, type PortalSite, readPortalForm } from './portal.ts';
import type { AppAccess, OwnSession } from './sign-ins.ts';

export async function showSessions(site: PortalSite, ctx: Context, { account, sessionUid }: Member): Promise<void> {
  const { signIns, provider } = site;
  const [sessions, apps] = await Promise.all([signIns.sessions(account.id), signIns.apps(account.id)]);
  const shown = sessions.map((session) => ({
    ...shownSession(session, sessionUid),
    endHref: portalPath(site, `/sessions/${handleOf(session.uid)}/end`),
  }));
  const done = z.enum(sessionDeeds).safeParse(ctx.query['done']);
  const data = {
    sessions: [...shown.filter(({ isThis }) => isThis), ...shown.filter(({ isThis }) => !isThis)],
    endOthersHref: shown.some(({ isThis }) => !isThis) ? portalPath(site, '/sessions/others/end') : undefined,
    signOutHref: provider.pathFor('end_session'),
    apps: apps.map(({ clientId, ...app }) => ({ ...app, endHref: portalPath(site, `/apps/${handleOf(clientId)}/end`) })),
    done: done.success ? done.data : undefined,
  };
  site.show(ctx, { page: 'portal/sessions', data });
}

function shownSession({ uid, ...session }: OwnSession, sessionUid: string): ShownSession {
  return { ...session, isThis: uid === sessionUid };
}

/** Throws `page_not_found`: this account has no such session. This one is left by signing out. */
async function sessionAt({ signIns }: PortalSite, ctx: Context, { account, sessionUid }: Member): Promise<OwnSession> {
  const sessions = await signIns.sessions(account.id);
  const session = sessions.find(({ uid }) => uid !== sessionUid && handleOf(uid) === ctx['params']['id']);
  if (!session) throw new Failure('page_not_found');
  return session;
}

/** Throws `page_not_found`: the app knows nothing of this account. */
async function appAt({ signIns }: PortalSite, ctx: Context, { account }: Member): Promise<AppAccess> {
  const app = (await signIns.apps(account.id)).find(({ clientId }) => handleOf(clientId) === ctx['params']['id']);
  if (!app) throw new Failure('page_not_found');
  return app;
}

export async function showEndSession(site: PortalSite, ctx: Context, member: Member): Promise<void> {
  const session = await sessionAt(site, ctx, member);
  ask(site, ctx, { member, what: { kind: 'session', session: shownSession(session, member.sessionUid) } });
}

export async function showEndOthers(site: PortalSite, ctx: Context, member: Member): Promise<void> {
  const others = (await site.signIns.sessions(member.account.id)).filter(({ uid }) => uid !== member.sessionUid);
  ask(site, ctx, { member, what: { kind: 'others', count: others.length } });
}

export async function showEndApp(site: PortalSite, ctx: Context, member: Member): Promise<void> {
  const { name } = await appAt(site, ctx, member);
  ask(site, ctx, { member, what: { kind: 'app', name } });
}

type Question = { readonly member: Member; readonly what: PortalPages['portal/end']['what'] };

/** At the address that the answer goes to. */
function ask(site: PortalSite, ctx: Context, { member, what }: Question): void {
  const path = ctx.path.slice('/me'.length) as `/${string}`;
  site.show(ctx, { page: 'portal/end', data: { ...portalForm(site, member, path), what, backHref: portalPath(site, '/sessions') } });
}

export async function endSession(site: PortalSite, ctx: Context, member: Member): Promise<void> {
  await readPortalForm(site, ctx, member);
  const { uid } = await sessionAt(site, ctx, member);
  await end(site, ctx, {
    ...{ member, done: 'session', action: 'account.session_ended' },
    work: (trx) => site.signIns.endSession(trx, { accountId: member.account.id, uid }),
  });
}

export async function endOthers(site: PortalSite, ctx: Context, member: Member): Promise<void> {
  await readPortalForm(site, ctx, member);
  await end(site, ctx, {
    ...{ member, done: 'others', action: 'account.sessions_ended' },
    work: (trx) => site.sessions.end(trx, { accountId: member.account.id, keptUid: member.sessionUid }),
  });
}

export async function endApp(site: PortalSite, ctx: Context, member: Member): Promise<void> {
  await readPortalForm(site, ctx, member);
  const { clientId } = await appAt(site, ctx, member);
  await end(site, ctx, {
    ...{ member, done: 'app', action: 'account.app_ended', detail: { client: clientId } },
    work: (trx) => site.signIns.endApp(trx, { accountId: member.account.id, clientId }),
  });
}

type OwnEnding = Omit<Ending, 'accountId' | 'by'> & { readonly member: Member; readonly done: SessionDeed };

/** Somebody else may have ended it meanwhile, which is just as well. */
async function end(site: PortalSite, ctx: Context, { member, done, ...ending }: OwnEnding): Promise<void> {
  const { id } = member.account;
  const ended = await endAndRecord(site, { ...ending, accountId: id, by: { actor: id, from: originOf(ctx) } });
  await ended?.tellApps();
  leadTo(ctx, portalPath(site, `/sessions?done=${done}`));
}

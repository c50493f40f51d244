/** The page for invitations that wait: right after signing in, once, and at any time under `/invite/waiting`. */
import type { Context } from 'koa';
import type { Interaction } from 'oidc-provider';
import { type AnswerRules, leadTo, rulesOf } from '../lib/answer.ts';
import { writeVisitCookie } from './cookie.ts';
import { finish } from './finish.ts';
import type { HostPerson } from './host.ts';
import type { Invitation } from './invitation.ts';
import { formToken, offerOf, pathOf, readSiteForm, type Site } from './site.ts';
import { beginVisit, type Visit } from './visit.ts';
import { findNewestToken, markContinued } from './visit-store.ts';
import { waitingFor, waitingReason } from './waiting-list.ts';
import { markShown } from './waiting-store.ts';

/** An invitation that this browser goes on with goes before the list. */
export function isAskedAboutWaiting({ prompt, params }: Interaction, visit: Visit | undefined): boolean {
  if (!prompt.reasons.includes(waitingReason) || params['invite'] !== undefined) return false;
  return visit?.continuedAt === undefined || (visit.answer !== undefined && visit.answer !== 'declined');
}

type Asked = { readonly interaction: Interaction; readonly accountId: string; readonly person: HostPerson };

export async function showWaitingQuestion(site: Site, ctx: Context, { interaction, accountId, person }: Asked): Promise<void> {
  const page = `/invite/interaction/${interaction.uid}`;
  await showList(site, ctx, {
    accountId,
    person,
    invitations: await waitingFor(site.host, accountId),
    openAction: pathOf(site, `${page}/waiting`),
    laterAction: pathOf(site, `${page}/later`),
    rules: rulesOf(interaction.params),
  });
}

/** `/invite/waiting`, for whoever is signed in. */
export async function showWaiting(site: Site, ctx: Context): Promise<void> {
  const { host } = site;
  const { accountId } = await site.provider.Session.get(ctx);
  const person = accountId === undefined ? undefined : await host.person(accountId, host.database);
  const invitations = accountId === undefined ? [] : await waitingFor(host, accountId);
  if (accountId === undefined || !person || invitations.length === 0) return leadTo(ctx, pathOf(site, '/invite'));
  await showList(site, ctx, { accountId, person, invitations, openAction: pathOf(site, '/invite/waiting'), laterAction: undefined });
}

type List = {
  readonly accountId: string;
  readonly person: HostPerson;
  readonly invitations: readonly Invitation[];
  readonly openAction: string;
  readonly laterAction: string | undefined;
  readonly rules?: AnswerRules;
};

async function showList(site: Site, ctx: Context, list: List): Promise<void> {
  const { host } = site;
  const { accountId, person, invitations, openAction, laterAction, rules = {} } = list;
  const now = host.clock();
  host.show(ctx, {
    ...rules,
    page: 'invitation/waiting',
    data: {
      account: { name: person.name, email: person.email },
      invitations: invitations.map((invitation) => ({ id: invitation.id, offer: offerOf(invitation, now) })),
      openAction,
      laterAction,
      formToken: await tokenOf(site, ctx, accountId),
    },
  });
}

/** There is no visit yet: what only this browser has is its session. */
async function tokenOf({ provider }: Site, ctx: Context, accountId: string): Promise<string> {
  const session = await provider.Session.get(ctx);
  return formToken(session.uid, 'waiting', accountId);
}

async function readList(site: Site, ctx: Context) {
  const { form_token, invitation } = await readSiteForm(site, ctx);
  const { accountId } = await site.provider.Session.get(ctx);
  if (accountId === undefined || form_token !== (await tokenOf(site, ctx, accountId))) return undefined;
  return { accountId, chosen: invitation };
}

/** One of them: a visit begins as if its link had been opened, and Continue pressed. */
export async function chooseWaiting(site: Site, ctx: Context): Promise<void> {
  const { host } = site;
  const list = await readList(site, ctx);
  const uid: unknown = ctx['params']['uid'];
  const back = pathOf(site, typeof uid === 'string' ? `/invite/interaction/${encodeURIComponent(uid)}` : '/invite');
  if (!list) return leadTo(ctx, back);
  const { accountId, chosen } = list;
  const waiting = await waitingFor(host, accountId);
  const invitation = waiting.find(({ id }) => id === chosen);
  const token = invitation && (await findNewestToken(host.database, invitation.id));
  if (!token) return leadTo(ctx, back);
  const now = host.clock();
  await markShown(
    host.database,
    waiting.map(({ id }) => id),
    { accountId, now },
  );
  const { id, handle } = await beginVisit(host.database, { id: token.id, channel: 'account' }, { now, random: host.random });
  writeVisitCookie(host.issuer, ctx, handle);
  if (typeof uid === 'string') await markContinued(host.database, id, now);
  leadTo(ctx, back);
}

/** Not now: they are not shown again by themselves. */
export async function leaveWaiting(site: Site, ctx: Context): Promise<void> {
  const { host } = site;
  const list = await readList(site, ctx);
  if (!list) return leadTo(ctx, pathOf(site, '/invite'));
  const { accountId } = list;
  const waiting = await waitingFor(host, accountId);
  await markShown(
    host.database,
    waiting.map(({ id }) => id),
    { accountId, now: host.clock() },
  );
  await finish(site, ctx, { answer: 'declined' });
}

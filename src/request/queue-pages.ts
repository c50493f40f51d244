/** The page for whoever decides about requests. Signing in is the provider's business, as at the front door. */
import type { Context } from 'koa';
import { z } from 'zod';
import { originOf } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { leadTo } from '../lib/answer.ts';
import { checkForm, type FieldErrors, formStatus, textOfLines } from '../lib/form.ts';
import { frontDoorClientId } from '../invitation/front-door.ts';
import { ownUrl } from '../invitation/host.ts';
import { formToken, pathOf, readSiteForm } from '../invitation/site.ts';
import { approveRequest, declineRequest } from './decide.ts';
import type { RequestSite } from './form-pages.ts';
import type { RequestPages } from './pages.ts';
import type { RequestRow } from './store.ts';
import { listWaitingFor } from './waiting.ts';

/** So many at once, the oldest first. */
const pageSize = 100;

const doneSchema = z.enum(['approved', 'unconfirmed', 'declined', 'decided', 'full', 'archived']);

type Done = z.output<typeof doneSchema>;

export async function showQueue(site: RequestSite, ctx: Context): Promise<void> {
  const session = await site.provider.Session.get(ctx);
  // Whoever would not sign in is not asked again.
  if (session.accountId === undefined) return leadTo(ctx, ctx.query['error'] === undefined ? signInUrl(site) : site.host.home);
  const done = doneSchema.safeParse(ctx.query['done']);
  await showList(site, ctx, { accountId: session.accountId, done: done.success ? done.data : undefined });
}

/** `response_type=none`: the provider establishes who this is, and issues nothing. */
function signInUrl({ host, provider }: RequestSite): string {
  const query = new URLSearchParams({
    client_id: frontDoorClientId,
    response_type: 'none',
    scope: 'openid',
    redirect_uri: ownUrl(host.issuer, '/invite/requests'),
    state: 'requests',
  });
  return `${provider.pathFor('authorization')}?${query}`;
}

type List = {
  readonly accountId: string;
  readonly done?: RequestPages['request/queue']['done'];
  readonly refused?: { readonly typed: RequestPages['request/queue']['typed']; readonly errors: FieldErrors };
};

/** Throws `account_disabled`. */
async function showList(site: RequestSite, ctx: Context, { accountId, done, refused }: List): Promise<void> {
  const { host } = site;
  const person = await host.person(accountId, host.database);
  if (!person || person.disabled) throw new Failure('account_disabled');
  const data = {
    account: { name: person.name, email: person.email },
    requests: (await listWaitingFor(host, { accountId, limit: pageSize })).flatMap(toPage),
    done,
    approveAction: pathOf(site, '/invite/requests/approve'),
    declineAction: pathOf(site, '/invite/requests/decline'),
    formToken: await tokenOf(site, ctx, accountId),
    typed: refused?.typed,
    errors: refused?.errors ?? {},
  };
  site.showRequest(ctx, { page: 'request/queue', data, status: formStatus(data.errors) });
}

function toPage({ id, groupName: group, email, name, note, source, confirmedAt }: RequestRow) {
  return email === null || confirmedAt === null ? [] : [{ id, group, email, name, note, source: source ?? undefined, confirmedAt }];
}

/** What only this browser has is its session. */
async function tokenOf({ provider }: RequestSite, ctx: Context, accountId: string): Promise<string> {
  const session = await provider.Session.get(ctx);
  return formToken(session.uid, 'requests', accountId);
}

const decisionForm = z.strictObject({
  request: z.uuid('unknown'),
  message: textOfLines(500).optional(),
  tell: z.literal('yes').optional(),
});

export async function approveOnPage(site: RequestSite, ctx: Context): Promise<void> {
  await decideOnPage(site, ctx, async ({ request }, deed) => {
    const { needsConfirming } = await approveRequest(site.host, request, deed);
    return needsConfirming ? 'unconfirmed' : 'approved';
  });
}

/** Told with a word where the box is ticked, else nobody is told. */
export async function declineOnPage(site: RequestSite, ctx: Context): Promise<void> {
  await decideOnPage(site, ctx, async ({ request, message = '', tell }, deed) => {
    await declineRequest(site.host, request, { ...deed, message: tell ? message : undefined });
    return 'declined';
  });
}

type Decide = (
  form: z.output<typeof decisionForm>,
  deed: { readonly actor: string; readonly from: ReturnType<typeof originOf> },
) => Promise<Done>;

async function decideOnPage(site: RequestSite, ctx: Context, decide: Decide): Promise<void> {
  const { form_token, ...fields } = await readSiteForm(site, ctx);
  const { accountId } = await site.provider.Session.get(ctx);
  const queue = pathOf(site, '/invite/requests');
  if (accountId === undefined || form_token !== (await tokenOf(site, ctx, accountId))) return leadTo(ctx, queue);
  const form = checkForm(decisionForm, fields);
  if (!form.ok) {
    const { request = '', message = '', tell } = fields;
    return showList(site, ctx, { accountId, refused: { typed: { request, message, tell: tell === 'yes' }, errors: form.errors } });
  }
  const done = await orWhyNot(() => decide(form.value, { actor: accountId, from: originOf(ctx) }));
  leadTo(ctx, `${queue}?done=${done}`);
}

/** What can happen to anybody who decides: somebody else was quicker, or something has become of the group. */
const hindrances: Readonly<Partial<Record<Failure['code'], Done>>> = {
  request_decided: 'decided',
  group_full: 'full',
  group_not_found: 'archived',
};

async function orWhyNot(decide: () => Promise<Done>): Promise<Done> {
  try {
    return await decide();
  } catch (error) {
    const hindrance = error instanceof Failure ? hindrances[error.code] : undefined;
    if (!hindrance) throw error;
    return hindrance;
  }
}

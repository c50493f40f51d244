/**
 * The admin console, `/admin`: everything that admins and managers do, in a browser. Owns its session, its navigation and
 * its pages. Owns no rule: who may what is said by `admin/access.ts`, deeds are the use cases of the slices below, and who
 * somebody is the provider tells, of which the console is an app like any other (`sign-in.ts`).
 *
 * `routes.ts` is the map. A page is a function of the site, the request and the visitor; `forConsole` stands before each,
 * and asks anew who they are and what they reach. Neighbours: `forms.ts` (forms and their tokens), `step-up.ts` (for what
 * is dangerous), `frame.ts` (navigation), `done.ts` (what was done), `views/part/console/` (tables, chips, charts).
 */
import type { Context } from 'koa';
import { findAccountById } from '../account/store.ts';
import { type Caller, personAsCaller, reachOf } from '../admin/access.ts';
import { type AdminScope, adminScopes } from '../client/own-scopes.ts';
import { Failure, statusOf } from '../errors.ts';
import { isOwnOrigin } from '../lib/origin.ts';
import { readUpload } from './campaign-upload.ts';
import { consoleHref } from './forms.ts';
import { entriesOf, frameOf } from './frame.ts';
import { holdForm } from './held-form.ts';
import { type ConsoleSession, endSession, findSession, hasCookie } from './session.ts';
import { beginSignIn, goOn, showNoReach } from './sign-in.ts';
import type { ConsolePage, ConsoleSite, Visitor } from './site.ts';
import { pageBefore, wayBack } from './way-back.ts';

const everyScope: ReadonlySet<string> = new Set(adminScopes);

/**
 * Whoever is not signed in signs in first, and comes back. Whoever does not reach the scope is refused; a page that is for
 * everybody here has none. A `Failure` of the page is shown within the console.
 */
export function forConsole(scope: AdminScope | undefined, page: ConsolePage) {
  return async (site: ConsoleSite, ctx: Context): Promise<void> => {
    const found = await findSession(site, ctx);
    const person = found && !found.isOver ? await personOf(site, found.session) : undefined;
    if (!found || !person) return letIn(site, ctx, found?.session);
    if (entriesOf(site, person.caller).length === 0) return showNoReach(site, ctx, person.account.id);
    const visitor = visitorOf(site, ctx, person);
    try {
      refuseNul(ctx.url);
      const reach = scope === undefined ? 'theirs' : reachOf(person.caller, scope);
      await page(site, ctx, { ...visitor, reach });
    } catch (error) {
      showFailure(site, ctx, { error, visitor });
    }
  };
}

/** PostgreSQL takes it in no text: nothing of ours has such an address. */
function refuseNul(url: string): void {
  if (url.includes('%00')) throw new Failure('page_not_found');
}

type Person = Pick<Visitor, 'account' | 'session'> & { readonly caller: Caller };

/** As they are today. Undefined: gone or disabled. */
async function personOf({ database, clock }: ConsoleSite, session: ConsoleSession): Promise<Person | undefined> {
  const { accountId } = session;
  const [account, caller] = await Promise.all([
    findAccountById(database, accountId),
    personAsCaller(database, { accountId, clientId: undefined, scopes: everyScope, now: clock() }),
  ]);
  return account && !account.disabledAt ? { account, session, caller } : undefined;
}

function visitorOf(site: ConsoleSite, ctx: Context, person: Person): Omit<Visitor, 'reach'> {
  const frame = frameOf(site, ctx, person);
  const show: Visitor['show'] = ({ data, ...answer }) =>
    site.show(ctx, { connects: true, ...answer, data: { ...data, console: frame } } as Parameters<ConsoleSite['show']>[1]);
  return { ...person, show };
}

/** A refusal leaves them where they are. What is no refusal is a surprise, and nobody's page. */
function showFailure(
  site: ConsoleSite,
  ctx: Context,
  { error, visitor }: { readonly error: unknown; readonly visitor: Omit<Visitor, 'reach'> },
): void {
  if (!(error instanceof Failure) || !ctx.accepts('html')) throw error;
  const { retryAfterSeconds } = error;
  const code = codeFor(ctx, error);
  if (retryAfterSeconds !== undefined) ctx.set('Retry-After', String(retryAfterSeconds));
  visitor.show({ page: 'console/error', data: { code, backHref: consoleHref(site, '/admin') }, status: statusOf(code) });
}

/** Nobody wishes for anything by an address: one that makes no sense is that of no page. */
function codeFor({ method }: Context, { code }: Failure): Failure['code'] {
  return code === 'wish_invalid' && ['GET', 'HEAD'].includes(method) ? 'page_not_found' : code;
}

/** `before`: the session that they had until a while ago. */
async function letIn(site: ConsoleSite, ctx: Context, before: ConsoleSession | undefined): Promise<void> {
  // A script of a page that was left open: there is nobody to lead anywhere.
  if (!['', 'navigate'].includes(ctx.get('Sec-Fetch-Mode'))) {
    ctx.status = 401;
    ctx.body = '';
    return;
  }
  if (['GET', 'HEAD'].includes(ctx.method)) return letBack(site, ctx);
  if (!isOwnOrigin(ctx.headers, new URL(site.issuer).origin)) throw new Failure('foreign_origin');
  if (!before) return beginSignIn(site, ctx, { returnTo: pageBefore(site, ctx) });
  // A file is not held: it is chosen again.
  const { fields, file } = await readUpload(site, ctx, { session: before });
  if (file && Object.keys(fields).length === 0) return beginSignIn(site, ctx, { returnTo: pageBefore(site, ctx) });
  await endSession(site, ctx, before);
  const returnTo = await holdForm(site, { accountId: before.accountId, path: ctx.path, fields });
  await beginSignIn(site, ctx, { returnTo });
}

/** Following a link of another site, a browser leaves our cookie out: asked again by ourselves, it may have one. */
async function letBack(site: ConsoleSite, ctx: Context): Promise<void> {
  const returnTo = wayBack(ctx.path + ctx.search);
  if (ctx.get('Sec-Fetch-Site') === 'cross-site' && !hasCookie(site, ctx)) return goOn(site, ctx, returnTo);
  await beginSignIn(site, ctx, { returnTo });
}

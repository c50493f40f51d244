/**
 * A whole host in one file: a provider with its own accounts, pages and clients, which adds invitations. Its accounts
 * live in the memory of this process; its pages are as plain as can be.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import Provider, { type AdapterFactory, type Configuration, type InteractionResults, interactionPolicy } from 'oidc-provider';
import { Failure, type Gate, type Guestlist, type GuestlistOptions, invitations } from '../../../src/index.ts';

export type HostOptions = Omit<GuestlistOptions, 'person'> & {
  readonly clients: NonNullable<Configuration['clients']>;
  readonly adapter?: AdapterFactory | undefined;
  /** Accounts sign in with a name and have no address at all. */
  readonly withoutEmail?: boolean | undefined;
  /** Newcomers come by way of the sign-in page. */
  readonly withoutCreatePrompt?: boolean | undefined;
};

type HostAccount = { readonly id: string; readonly name: string; readonly login: string; readonly passwordDigest: string };

export type Host = { readonly provider: Provider; readonly guestlist: Guestlist; readonly accounts: Map<string, HostAccount> };

export function createHost({ withoutEmail = false, withoutCreatePrompt = false, adapter, clients, ...options }: HostOptions): Host {
  const accounts = new Map<string, HostAccount>();
  const emailOf = ({ login }: HostAccount) => (withoutEmail ? undefined : login);
  const guestlist = invitations({
    ...options,
    person: async (id) => {
      const account = accounts.get(id);
      return account && { name: account.name, email: emailOf(account), emailVerified: false };
    },
  });
  const policy = interactionPolicy.base();
  if (!withoutCreatePrompt) policy.add(new interactionPolicy.Prompt({ name: 'create', requestable: true }), 0);
  const configuration: Configuration = {
    ...(adapter ? { adapter } : {}),
    clients,
    claims: { profile: ['name'], email: ['email', 'email_verified'] },
    interactions: { policy },
    cookies: { keys: ['a key of the host'] },
    features: { devInteractions: { enabled: false }, claimsParameter: { enabled: true } },
    scopes: ['openid', 'offline_access'],
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    findAccount: async (_ctx, accountId) => {
      const account = accounts.get(accountId);
      return (
        account && { accountId, claims: () => ({ sub: accountId, name: account.name, email: emailOf(account), email_verified: false }) }
      );
    },
    loadExistingGrant: grantEverything,
  };
  const provider = new Provider(options.issuer, guestlist.configure(configuration));
  guestlist.mount(provider);
  provider.use(ownRoutes({ provider, guestlist, accounts }));
  return { provider, guestlist, accounts };
}

/** Its clients are all its own: nobody is asked. */
const grantEverything: NonNullable<Configuration['loadExistingGrant']> = async ({ oidc }) => {
  const { client, session, provider } = oidc;
  if (!client || !session?.accountId) return undefined;
  const grantId = session.grantIdFor(client.clientId);
  const grant =
    (grantId && (await provider.Grant.find(grantId))) || new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope([...oidc.requestParamOIDCScopes].join(' '));
  grant.addOIDCClaims([...oidc.requestParamClaims]);
  await grant.save();
  return grant;
};

function ownRoutes({ provider, guestlist, accounts }: Host): Middleware {
  const router = new Router();
  const find = (login: string) => [...accounts.values()].find((account) => account.login === login.trim().toLowerCase());
  const finish = async (ctx: Context, result: InteractionResults) => {
    await provider.interactionFinished(ctx.req, ctx.res, result);
    ctx.respond = false;
  };
  const show = async (ctx: Context, kind: 'sign-in' | 'register', status = 200) => {
    const { refusal, visit } = await guestlist.gate(ctx);
    if (kind === 'register' && refusal) return guestlist.refuse(ctx, { code: refusal, visit });
    ctx.status = status;
    ctx.type = 'html';
    ctx.body = page(`${new URL(provider.issuer).pathname.replace(/\/$/, '')}/interaction/${ctx['params']['uid']}`, kind, visit);
  };

  router.use(async (ctx, next) => {
    if (ctx.method === 'GET' || ctx.get('Sec-Fetch-Site') === 'same-origin') return next();
    ctx.status = 403;
  });
  router.get('/interaction/:uid', async (ctx) => {
    const { prompt } = await provider.interactionDetails(ctx.req, ctx.res);
    await show(ctx, prompt.name === 'create' ? 'register' : 'sign-in');
  });
  router.get('/interaction/:uid/register', (ctx) => show(ctx, 'register'));

  router.post('/interaction/:uid/sign-in', async (ctx) => {
    const { email = '', password = '' } = await read(ctx.req);
    const account = find(email);
    if (account?.passwordDigest !== digest(password)) return show(ctx, 'sign-in', 422);
    await finish(ctx, { login: { accountId: account.id } });
  });

  router.post('/interaction/:uid/register', async (ctx) => {
    const { name = '', email = '', password = '', visit: shown } = await read(ctx.req);
    const { refusal, visit } = await guestlist.gate(ctx);
    // The form names what it is for: meanwhile the browser may have opened another link.
    if (refusal || !visit || shown !== visit.id || !name || find(email)) return show(ctx, 'register', 422);
    const account = { id: crypto.randomUUID(), name, login: email.trim().toLowerCase(), passwordDigest: digest(password) };
    accounts.set(account.id, account);
    try {
      const { answer } = await guestlist.redeem(visit, { redeemer: { createAccount: async () => account.id }, ip: ctx.ip });
      await finish(ctx, { login: { accountId: account.id }, create: {}, invitation: { answer } });
    } catch (error) {
      accounts.delete(account.id);
      if (!(error instanceof Failure)) throw error;
      await guestlist.refuse(ctx, { code: error.code, visit });
    }
  });
  return router.routes() as unknown as Middleware;
}

const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

function page(path: string, kind: 'sign-in' | 'register', visit: Gate['visit']): string {
  const names = kind === 'register' ? ['name', 'email', 'password'] : ['email', 'password'];
  const inputs = names.map((name) => `<input name="${name}">`).join('');
  const offered = visit?.invitation.grants.map((grant) => escapeHtml(grant.kind === 'group' ? grant.name : grant.right)).join(', ');
  return `<!doctype html><title>${kind}</title><main><h1>${kind}</h1><p>${offered ?? ''}</p><form method="post" action="${path}/${kind}">${inputs}
    ${kind === 'register' ? `<input type="hidden" name="visit" value="${visit?.id}">` : ''}
    <button>${kind === 'register' ? 'Create account and join' : 'Sign in'}</button></form><a href="${path}/register">I’m new here</a></main>`;
}

const digest = (password: string) => createHash('sha256').update(password).digest('hex');

/** A framework may have read the body already. */
async function read(req: IncomingMessage & { body?: unknown }): Promise<Record<string, string>> {
  if (req.body && typeof req.body === 'object') return req.body as Record<string, string>;
  let text = '';
  for await (const chunk of req) text += chunk;
  return Object.fromEntries(new URLSearchParams(text));
}

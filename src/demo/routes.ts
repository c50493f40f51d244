/** One function per route. Which path leads to which is in `app.ts`. */
import type { Context } from 'koa';
import { readForm } from './guard.ts';
import { type LoginRequest, readInvite, readLoginRequest } from './login-request.ts';
import { memberPage, visitorPage } from './pages.ts';
import type { LoggedOut, Provider } from './provider.ts';
import { Refusal } from './refusal.ts';
import { addPending, type Person, type Session, type Sessions, sessionSeconds, takePending } from './sessions.ts';

const cookieName = 'demo_session';

type Demo = {
  readonly options: { readonly issuer: string; readonly baseUrl: string };
  readonly sessions: Sessions;
  readonly provider: Provider;
};

export function createRoutes(demo: Demo) {
  return {
    home: (ctx: Context) => home(demo, ctx),
    login: (ctx: Context) => begin(demo, ctx, readLoginRequest(new URLSearchParams(ctx.querystring), demo.options)),
    loginByPost,
    useInvitation: (ctx: Context) => useInvitation(demo, ctx),
    callback: (ctx: Context) => callback(demo, ctx),
    refresh: (ctx: Context) => refresh(demo, ctx),
    logout: (ctx: Context) => logout(demo, ctx),
    backchannelLogout: (ctx: Context) => backchannelLogout(demo, ctx),
  };
}

function home(demo: Demo, ctx: Context): void {
  const person = currentSession(demo, ctx)?.person;
  ctx.type = 'html';
  ctx.body = person ? memberPage(person) : visitorPage();
}

/** Any site may start a sign-in here. Its POST comes without our Lax cookie; the GET that follows brings it along. */
function loginByPost(ctx: Context): void {
  seeOther(ctx, `/login${ctx.search}`);
}

/** By POST, so that the invitation stands in no address of this app either. */
async function useInvitation(demo: Demo, ctx: Context): Promise<void> {
  const invite = readInvite((await readForm(ctx)).get('invite') ?? undefined);
  if (!invite) throw new Refusal('invitation_missing');
  await begin(demo, ctx, { ...readLoginRequest(new URLSearchParams(), demo.options), invite });
}

async function begin(demo: Demo, ctx: Context, request: LoginRequest): Promise<void> {
  const { url, state, login } = await demo.provider.startLogin(request);
  const session = currentSession(demo, ctx) ?? demo.sessions.create();
  addPending(session, state, login);
  setCookie(demo, ctx, session.id);
  seeOther(ctx, url);
}

async function callback(demo: Demo, ctx: Context): Promise<void> {
  const session = currentSession(demo, ctx);
  const state = new URLSearchParams(ctx.querystring).get('state') ?? '';
  const login = session && takePending(session, state);
  if (!login) throw new Refusal('start_again');
  const person = await demo.provider.finishLogin(ctx.querystring, login);
  setCookie(demo, ctx, demo.sessions.signIn(session, person).id);
  seeOther(ctx, login.returnTo);
}

async function refresh(demo: Demo, ctx: Context): Promise<void> {
  const session = currentSession(demo, ctx);
  if (session?.person?.refreshToken) {
    session.refreshing ??= refreshPerson(demo, session, session.person).finally(() => {
      session.refreshing = undefined;
    });
    await session.refreshing;
  }
  seeOther(ctx, '/');
}

async function refreshPerson(demo: Demo, session: Session, person: Person): Promise<void> {
  try {
    session.person = await demo.provider.refresh(person);
  } catch (error) {
    if (error instanceof Refusal && error.code === 'session_ended') demo.sessions.end(session);
    throw error;
  }
}

/** Here first, then at the provider: whatever happens there, nobody is left signed in here. */
async function logout(demo: Demo, ctx: Context): Promise<void> {
  const session = currentSession(demo, ctx);
  if (session) demo.sessions.end(session);
  setCookie(demo, ctx, null);
  seeOther(ctx, session?.person ? await demo.provider.logoutUrl(session.person) : '/');
}

/** Called by the provider, not by a browser: no cookie, and the token's signature is what proves the sender. */
async function backchannelLogout(demo: Demo, ctx: Context): Promise<void> {
  const token = await readForm(ctx)
    .then((form) => demo.provider.readLogoutToken(form.get('logout_token') ?? ''))
    .catch(() => undefined);
  if (token) demo.sessions.endWhere((person) => isMeant(person, token));
  ctx.status = token ? 200 : 400;
  ctx.body = token ? '' : { error: 'invalid_request' };
}

function isMeant({ claims }: Person, { sub, sid }: LoggedOut): boolean {
  return (sub === undefined || sub === claims.sub) && (sid === undefined || sid === claims['sid']);
}

function currentSession(demo: Demo, ctx: Context): Session | undefined {
  return demo.sessions.find(ctx.cookies.get(cookieName));
}

function setCookie(demo: Demo, ctx: Context, id: string | null): void {
  const secure = demo.options.baseUrl.startsWith('https:');
  // Behind a proxy that ends TLS the connection itself looks insecure; the base URL decides.
  ctx.cookies.secure = secure;
  ctx.cookies.set(cookieName, id, { httpOnly: true, sameSite: 'lax', secure, path: '/', maxAge: sessionSeconds * 1000, overwrite: true });
}

function seeOther(ctx: Context, url: string): void {
  ctx.status = 303;
  ctx.redirect(url);
}

/** The foreign host's one account and its pages: as little as a provider can have, and nothing of Guestlist's. */
import type { Context, Middleware } from 'koa';
import type Provider from 'oidc-provider';
import type { Interaction, InteractionResults, KoaContextWithOIDC } from 'oidc-provider';

export const person = {
  id: 'person-1',
  email: 'ada@example.org',
  password: 'the password of Ada',
  acr: 'urn:example:password',
  claims: {
    name: 'Ada Park',
    family_name: 'Park',
    given_name: 'Ada',
    middle_name: 'Jo',
    nickname: 'Ada',
    preferred_username: 'ada',
    profile: 'https://ada.example.org/',
    picture: 'https://ada.example.org/ada.png',
    website: 'https://ada.example.org/',
    gender: 'female',
    birthdate: '1990-02-03',
    zoneinfo: 'Europe/Berlin',
    locale: 'en-GB',
    updated_at: 1_700_000_000,
    email: 'ada@example.org',
    email_verified: true,
    address: { locality: 'Berlin', country: 'DE' },
    phone_number: '+49 30 123456',
    phone_number_verified: false,
  },
};

export const hostPages = {
  askToSignOut: (ctx: KoaContextWithOIDC, form: string) => {
    show(ctx, 'Leave?', `${form}<button type="submit" form="op.logoutForm" name="logout" value="yes">Leave</button>`);
  },
  signedOut: (ctx: KoaContextWithOIDC) => show(ctx, 'You have left', ''),
  error: (
    ctx: KoaContextWithOIDC,
    { error, error_description }: { readonly error: string; readonly error_description?: string | undefined },
  ) => {
    show(ctx, `${error}: ${error_description ?? ''}`, '');
  },
};

export function interactionRoutes(provider: Provider): Middleware {
  return async (ctx, next) => {
    if (!/^\/sign-in\/[^/]+$/.test(ctx.path)) return next();
    const interaction = await provider.interactionDetails(ctx.req, ctx.res);
    const fields = ctx.method === 'POST' ? await readFields(ctx) : undefined;
    const result = fields && (await resultOf(provider, interaction, fields));
    if (!result) return showInteraction(ctx, interaction);
    ctx.status = 303;
    ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result));
  };
}

function showInteraction(ctx: Context, { prompt, params }: Interaction): void {
  const hint = escapeHtml(String(params['login_hint'] ?? ''));
  const fields =
    prompt.name === 'login'
      ? `<input name="email" value="${hint}"><input name="password" type="password"><button type="submit">Sign in</button>`
      : '<button type="submit" name="answer" value="allow">Yes</button>';
  show(ctx, prompt.name === 'login' ? 'Who are you?' : 'May they?', `<form method="post">${fields}</form>`);
}

/** Undefined: the form is to be shown again. */
async function resultOf(provider: Provider, interaction: Interaction, fields: URLSearchParams): Promise<InteractionResults | undefined> {
  if (interaction.prompt.name === 'consent') return { consent: { grantId: await saveGrant(provider, interaction) } };
  const isAda = fields.get('email') === person.email && fields.get('password') === person.password;
  return isAda ? { login: { accountId: person.id, acr: person.acr } } : undefined;
}

async function saveGrant(provider: Provider, { grantId, session, params, prompt }: Interaction): Promise<string> {
  const { missingOIDCScope = [], missingOIDCClaims = [] } = prompt.details as { missingOIDCScope?: string[]; missingOIDCClaims?: string[] };
  const known = grantId ? await provider.Grant.find(grantId) : undefined;
  const grant = known ?? new provider.Grant({ accountId: session?.accountId ?? '', clientId: String(params['client_id']) });
  grant.addOIDCScope(missingOIDCScope.join(' '));
  grant.addOIDCClaims(missingOIDCClaims);
  return grant.save();
}

async function readFields({ req }: Context): Promise<URLSearchParams> {
  let body = '';
  for await (const chunk of req) body += chunk;
  return new URLSearchParams(body);
}

function show(ctx: Context, title: string, content: string): void {
  ctx.type = 'html';
  ctx.body = `<!doctype html><title>A host</title><h1>${escapeHtml(title)}</h1>${content}`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** `/admin/apps/:clientId`: how to connect it, its settings and secrets, what it was told of logouts, and its end. */
import type { Context } from 'koa';
import { z } from 'zod';
import { hasSecret } from '../client/client.ts';
import { lintClient } from '../client/lint.ts';
import { findPreset } from '../client/presets.ts';
import { findClient } from '../client/store.ts';
import { ownUrl } from '../invitation/host.ts';
import { leadTo } from '../lib/answer.ts';
import { checkForm, type FieldErrors, type Fields, formStatus } from '../lib/form.ts';
import type { AppsData, ShownFinding } from './app-data.ts';
import { appForm, changeOf, fieldsOf, gatheredApp, sameLifetimes } from './app-form.ts';
import { appPath, complaintOf, findApp, groupChoices, headOf, idOf, type ShownClient, tellSecret, toldSecret } from './app-shared.ts';
import { namesOf } from './audit-store.ts';
import { leadOn } from './done.ts';
import { consoleForm, consoleHref, readConsoleForm } from './forms.ts';
import { forgetKept } from './kept.ts';
import { operate } from './operate.ts';
import type { ConsoleSite, Visitor } from './site.ts';

export async function showApp(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const client = await findApp(site, ctx, visitor);
  const { id, snippet } = client;
  const doing = { site, ctx, visitor };
  const { items: secrets } = await operate(doing, 'listClientSecrets', { params: { clientId: id } });
  const stored = await findClient(site.database, id);
  const findings = stored ? await lintClient(site.database, stored, site.clock()) : [];
  visitor.show({
    page: 'console/app',
    data: {
      app: headOf(site, client),
      facts: factsOf(client),
      endpoints: { issuer: site.issuer, discovery: `${site.issuer}/.well-known/openid-configuration` },
      told: await toldSecret(site, visitor, { name: id, path: appPath(id, '/secret-seen') }),
      snippet: snippet && { place: snippet.place, text: snippet.text },
      findings: findings.map(shownFinding),
      trial: trialOf(site, client),
      secrets: secrets.map(({ createdAt, endsAt }) => ({
        createdAt: new Date(createdAt),
        endsAt: endsAt === null ? undefined : new Date(endsAt),
      })),
      rotate: hasSecret(client) ? consoleForm(site, visitor, appPath(id, '/secrets')) : undefined,
      removeHref: consoleHref(site, appPath(id, '/remove')),
    },
  });
}

function factsOf(client: ShownClient): AppsData['console/app']['facts'] {
  return {
    authMethod: client.authMethod,
    requiredGroup: client.requiredGroup ?? undefined,
    preset: client.preset === null ? undefined : findPreset(client.preset)?.name,
    createdAt: new Date(client.createdAt),
    isFirstParty: client.firstParty,
    startUrl: client.startUrl ?? undefined,
  };
}

export function shownFinding({ code, level, path, params }: Awaited<ReturnType<typeof lintClient>>[number]): ShownFinding {
  const row = /^\d+/.exec(path)?.[0];
  return { code, isRefusal: level === 'refusal', row: row === undefined ? undefined : Number(row), params };
}

/** The app begins by itself (OIDC Core §4). One that cannot gets an answer to a question that it has not asked. */
function trialOf({ issuer }: ConsoleSite, client: ShownClient): AppsData['console/app']['trial'] {
  const { id, initiateLoginUri, startUrl, redirectUris, scope } = client;
  if (initiateLoginUri) {
    const url = new URL(initiateLoginUri);
    url.searchParams.set('iss', issuer);
    return { kind: 'initiated', href: url.href };
  }
  if (startUrl) return { kind: 'start', href: startUrl };
  const [redirectUri] = redirectUris;
  if (redirectUri === undefined) return undefined;
  const query = new URLSearchParams({
    client_id: id,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: scope
      .split(' ')
      .filter((name) => name !== 'offline_access')
      .join(' '),
    prompt: 'none',
    state: 'trial',
    // Of a verifier that nobody has: the code is good for nothing.
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  });
  return { kind: 'silent', href: `${ownUrl(issuer, '/auth')}?${query}` };
}

export async function showAppSettings(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const client = await findApp(site, ctx, visitor);
  await showSettingsForm(site, { visitor, client, typed: fieldsOf(client), errors: {} });
}

type Typing = {
  readonly visitor: Visitor;
  readonly client: ShownClient;
  readonly typed: Fields;
  readonly errors: FieldErrors;
  readonly complaint?: string;
};

async function showSettingsForm(site: ConsoleSite, { visitor, client, typed, errors, complaint }: Typing): Promise<void> {
  visitor.show({
    page: 'console/app-settings',
    status: formStatus(errors),
    data: {
      ...consoleForm(site, visitor, appPath(client.id, '/settings')),
      app: headOf(site, client),
      groups: await groupChoices(site, { visitor, kept: [client.requiredGroup, ...client.attachedGroups] }),
      isRegisteredByItself: client.registeredBy !== null,
      ...{ typed, errors, complaint },
    },
  });
}

export async function changeAppSettings(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const typed = await readConsoleForm(site, ctx, visitor);
  const client = await findApp(site, ctx, visitor);
  const same = sameLifetimes(typed, client);
  const checked = checkForm(appForm, gatheredApp({ ...typed, ...Object.fromEntries(same.map((name) => [name, ''])) }));
  if (!checked.ok) return showSettingsForm(site, { visitor, client, typed, errors: checked.errors });
  try {
    const answer = await operate({ site, ctx, visitor }, 'changeClient', {
      params: { clientId: client.id },
      body: changeOf(checked.value, same),
    });
    if (answer.clientSecret !== undefined) await tellSecret(site, visitor, { name: client.id, secret: answer.clientSecret });
    leadOn(site, ctx, { to: appPath(client.id, answer.clientSecret === undefined ? '/settings' : ''), done: 'saved' });
  } catch (error) {
    await showSettingsForm(site, { visitor, client, typed, errors: { form: 'refused_below' }, complaint: complaintOf(error) });
  }
}

const overlaps: Readonly<Record<string, number>> = { none: 0, day: 86_400, week: 7 * 86_400, month: 30 * 86_400 };

export async function rotateAppSecret(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const { overlap = 'week' } = await readConsoleForm(site, ctx, visitor);
  const id = idOf(ctx);
  const body = { overlapSeconds: overlaps[overlap] ?? 7 * 86_400 };
  const { clientSecret } = await operate({ site, ctx, visitor }, 'rotateClientSecret', { params: { clientId: id }, body });
  await tellSecret(site, visitor, { name: id, secret: clientSecret });
  leadOn(site, ctx, { to: appPath(id), done: 'created' });
}

export async function forgetAppSecret(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  await readConsoleForm(site, ctx, visitor);
  await forgetKept(site, visitor, { kind: 'secret', name: idOf(ctx) });
  leadTo(ctx, consoleHref(site, appPath(idOf(ctx))));
}

export async function showAppLogouts(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const client = await findApp(site, ctx, visitor);
  const { items } = await operate({ site, ctx, visitor }, 'listAppLogouts', { query: { clientId: client.id, limit: 100 } });
  const names = await namesOf(
    site.database,
    items.map(({ accountId }) => accountId),
  );
  visitor.show({
    page: 'console/app-logouts',
    data: {
      app: headOf(site, client),
      takesLogouts: client.backchannelLogoutUri !== null,
      logouts: items.map(({ accountId, queuedAt, deliveredAt, failedAt, attempts, failure }) => ({
        person: names.get(accountId) ?? accountId,
        personHref: consoleHref(site, `/admin/people/${encodeURIComponent(accountId)}`),
        state: deliveredAt !== null ? 'done' : failedAt !== null ? 'failed' : 'waiting',
        queuedAt: new Date(queuedAt),
        attempts,
        failure: failure ?? undefined,
      })),
    },
  });
}

export async function askAppRemoval(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  showRemoval(site, { visitor, client: await findApp(site, ctx, visitor), typed: {}, errors: {} });
}

function showRemoval(site: ConsoleSite, { visitor, client, typed, errors }: Typing): void {
  const data = { ...consoleForm(site, visitor, appPath(client.id, '/remove')), app: headOf(site, client), typed, errors };
  visitor.show({ page: 'console/app-remove', status: formStatus(errors), data });
}

export async function removeApp(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const typed = await readConsoleForm(site, ctx, visitor);
  const client = await findApp(site, ctx, visitor);
  const checked = checkForm(z.strictObject({ confirm: z.string().refine((text) => text.trim() === client.id, 'type_again') }), typed);
  if (!checked.ok) return showRemoval(site, { visitor, client, typed, errors: checked.errors });
  await operate({ site, ctx, visitor }, 'removeClient', { params: { clientId: client.id } });
  leadOn(site, ctx, { to: '/admin/apps', done: 'removed' });
}

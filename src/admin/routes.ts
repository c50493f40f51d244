/**
 * The admin API over HTTP: every operation at its place (`paths.ts`), with what all of them have in common. Who calls, how
 * often, whether they may; what was sent, whether it counts twice, whether it overwrites; how it is answered. Refusals go up
 * to the server, which answers programs with problem+json (RFC 9457).
 */
import Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import { z } from 'zod';
import { createBearerOf, type TokenSite } from '../api/access-token.ts';
import { allowOrigin, answerPreflight, withRules } from '../api/browsers.ts';
import { originOf } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { ownUrl } from '../invitation/host.ts';
import type { Database, Transaction } from '../lib/db.ts';
import type { CountingThrottle } from '../lib/throttle.ts';
import { appAsCaller, type Caller, personAsCaller } from './access.ts';
import { readFile, readJson } from './body.ts';
import { countCall, idempotencyKeyOf, isKnown, linkNext, prefersMinimal, requireVersion, sendDownload, versionOf } from './http.ts';
import { createOnlyOnce, type OnlyOnce, oneAtATime } from './once.ts';
import { describeApi, openApiRoutes } from './openapi-routes.ts';
import { type Doing, isDownload, perform, readGiven } from './perform.ts';
import type { Operation, Repeat } from './operation.ts';
import { operations } from './operations.ts';
import { apiBase, type Method, type OperationId, placeOf } from './paths.ts';
import type { AdminSite } from './site.ts';

export type AdminApiSite = AdminSite & TokenSite & { readonly calls: CountingThrottle };

type Place = { readonly id: OperationId; readonly operation: Operation; readonly method: Method; readonly path: string };

const places: readonly Place[] = (Object.entries(operations) as [OperationId, Operation][]).map(([id, operation]) => ({
  id,
  operation,
  ...placeOf(id),
}));

export function adminRoutes(site: AdminApiSite): Middleware {
  const bearerOf = createBearerOf(site);
  const onlyOnce = createOnlyOnce();
  const router = new Router({ prefix: apiBase });
  router.use(withRules(site.issuer));
  openApiRoutes(router, site);
  for (const place of places)
    router.register(toPattern(place.path), [place.method], async (ctx) => {
      const bearer = await bearerOf(ctx.get('Authorization') || undefined);
      allowOrigin(ctx, bearer.client);
      const caller = await callerOf(site, bearer);
      await countCall(ctx, site.calls, ownerOf(caller));
      await answer({ site, ctx, place, caller, onlyOnce });
    });
  router.options('/{*rest}', answerPreflight);
  const routes = router.routes() as unknown as Middleware;
  const describe = describeApi(site);
  return async (ctx, next) => {
    await describe(ctx, () => routes(ctx, next));
    if (ctx.status === 404 && (ctx.body === undefined || ctx.body === null)) refuseMethod(ctx);
  };
}

/** `/groups/{slug}` → `/groups/:slug` */
function toPattern(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}

/** Throws `method_not_allowed` where there is something under another method (RFC 9110 §15.5.6). */
function refuseMethod(ctx: Context): void {
  const { path } = ctx;
  if (!path.startsWith(`${apiBase}/`)) return;
  const found = places.filter((place) => new RegExp(`^${apiBase}${place.path.replace(/\{\w+\}/g, '[^/]+')}/?$`).test(path));
  if (found.length === 0) return;
  ctx.set('Allow', [...new Set(found.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))].join(', '));
  throw new Failure('method_not_allowed');
}

async function callerOf(
  { database, clock }: AdminApiSite,
  bearer: Awaited<ReturnType<ReturnType<typeof createBearerOf>>>,
): Promise<Caller> {
  const { account, client, scopes } = bearer;
  return account
    ? personAsCaller(database, { accountId: account.id, clientId: client.id, scopes, now: clock() })
    : appAsCaller({ clientId: client.id, scopes });
}

function ownerOf({ accountId, clientId }: Caller): string {
  return accountId ?? `client ${clientId}`;
}

type Answering = {
  readonly site: AdminApiSite;
  readonly ctx: Context;
  readonly place: Place;
  readonly caller: Caller;
  readonly onlyOnce: OnlyOnce;
};

async function answer(answering: Answering): Promise<void> {
  const { site, ctx, place, caller, onlyOnce } = answering;
  const { id, operation } = place;
  const from = { ...originOf(ctx), clientId: caller.clientId };
  const doing = (database: Database | Transaction): Doing => ({ site, caller, from, database });
  const sent = { params: ctx['params'], query: { ...ctx.query }, body: await readBody(ctx, operation) };
  const given = readGiven(operation, sent, { caller });
  const run = (database: Database | Transaction) => perform(doing(database), id, given);
  const key = operation.creates ? idempotencyKeyOf(ctx) : undefined;
  const accountId = `api ${ownerOf(caller)}`;
  if (operation.kind === 'upload') {
    const once: Repeat['once'] = (wish, work) => onlyOnce(site, { accountId, key: key ?? '', wish: JSON.stringify([id, wish]) }, work);
    const repeat = key === undefined ? undefined : { key, once };
    return send(answering, await perform({ ...doing(site.database), repeat }, id, given));
  }
  const condition = place.method === 'GET' ? '' : ctx.get('If-Match');
  const current = condition === '' ? undefined : shownBy(place);
  const runUnchanged = (database: Database | Transaction) => {
    if (!current) return run(database);
    const shown = paramsOf(current, sent);
    // By what is changed, not by the way there: a deed and a change of the same thing wait for each other.
    return oneAtATime(database, JSON.stringify([current.path, shown.params]), async (trx) => {
      const now = await perform(doing(trx), current.id, readGiven(current.operation, shown, { caller }));
      requireVersion(condition, versionOf(now));
      return run(trx);
    });
  };
  if (key === undefined) return send(answering, await runUnchanged(site.database));
  const wish = JSON.stringify([id, sent.params, sent.query, sent.body]);
  send(answering, await onlyOnce(site, { accountId, key, wish }, runUnchanged));
}

async function readBody(ctx: Context, operation: Operation): Promise<unknown> {
  if (operation.kind === 'upload') return readFile(ctx, operation.takes);
  if (ctx.method === 'GET' || ctx.method === 'HEAD') return undefined;
  return readJson(ctx);
}

/** What shows the thing that is changed: the nearest above it. Throws `wish_invalid` where nothing has a version. */
function shownBy({ path, method }: Place): Place {
  const shown = places
    .filter((other) => other.method === 'GET' && other.operation.kind === 'json' && `${path}/`.startsWith(`${other.path}/`))
    // A list has none: what is added to it overwrites nothing.
    .filter((other) => other.path.includes('{') || (other.path === path && method !== 'POST'))
    .sort((one, other) => other.path.length - one.path.length);
  const [nearest] = shown;
  if (!nearest) throw new Failure('wish_invalid', { field: 'If-Match', problem: 'nothing here has a version' });
  return nearest;
}

function paramsOf({ path }: Place, { params }: { readonly params: Readonly<Record<string, string>> }) {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  return { params: Object.fromEntries(names.map((name) => [name, params[name]])), query: {}, body: undefined };
}

function send({ ctx, site: { issuer }, place: { operation } }: Answering, told: unknown): void {
  if (isDownload(operation, told)) {
    sendDownload(ctx, told);
    return;
  }
  if (told === undefined) {
    ctx.status = 204;
    return;
  }
  ctx.status = operation.status ?? 200;
  if (operation.kind === 'json' && operation.location)
    ctx.set('Location', `${ownUrl(issuer, apiBase)}${operation.location(z.decode(operation.answer as z.ZodType, told) as never)}`);
  if (ctx.method === 'GET' || ctx.method === 'HEAD') {
    linkNext(ctx, told);
    const version = versionOf(told);
    ctx.set('ETag', version);
    if (isKnown(ctx.get('If-None-Match'), version)) {
      ctx.status = 304;
      return;
    }
  } else if (prefersMinimal(ctx) && !operation.tellsOnce) {
    ctx.set('Preference-Applied', 'return=minimal');
    if (ctx.status === 200) ctx.status = 204;
    ctx.body = ctx.status === 204 ? null : '';
    return;
  }
  ctx.body = told;
}

/** The API described, for programs and for people: for everybody, since it says nothing that the source does not. */
import type Router from '@koa/router';
import type { Middleware } from 'koa';
import { adminScopes, invitationsScope } from '../client/own-scopes.ts';
import { resourceMetadataPath, showResourceMetadata } from '../api/browsers.ts';
import { basePath } from '../invitation/host.ts';
import { setPageHeaders } from '../lib/headers.ts';
import { docsPage } from './docs-page.ts';
import { openApiDocument } from './openapi.ts';
import type { AdminSite } from './site.ts';

type Site = Pick<AdminSite, 'issuer' | 'brand'>;

export function openApiRoutes(router: Router, { issuer }: Site): void {
  let document: string | undefined;
  router.get('/openapi.json', (ctx) => {
    document ??= JSON.stringify(openApiDocument(issuer));
    ctx.set({ 'Access-Control-Allow-Origin': '*', 'Cache-Control': 'public, max-age=300' });
    ctx.type = 'application/openapi+json;version=3.1';
    ctx.body = document;
  });
}

/** Outside of `/api/v1`: what leads there. */
export function describeApi({ issuer, brand }: Site): Middleware {
  const metadata = showResourceMetadata(issuer, [invitationsScope, ...adminScopes]);
  let page: string | undefined;
  return async (ctx, next) => {
    const isRead = ctx.method === 'GET' || ctx.method === 'HEAD';
    if (isRead && ctx.path === resourceMetadataPath) return metadata(ctx, next);
    if (!isRead || ctx.path !== '/api/docs') return next();
    page ??= docsPage({ base: basePath(issuer), brand, document: openApiDocument(issuer) });
    setPageHeaders(ctx);
    ctx.type = 'html';
    ctx.body = page;
  };
}

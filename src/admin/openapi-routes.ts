/** The document of the API, for everybody: it says nothing that the source does not. */
import type Router from '@koa/router';
import { openApiDocument } from './openapi.ts';
import type { AdminSite } from './site.ts';

export function openApiRoutes(router: Router, { issuer }: Pick<AdminSite, 'issuer'>): void {
  let document: string | undefined;
  router.get('/openapi.json', (ctx) => {
    document ??= JSON.stringify(openApiDocument(issuer));
    ctx.set({ 'Access-Control-Allow-Origin': '*', 'Cache-Control': 'public, max-age=300' });
    ctx.type = 'application/openapi+json;version=3.1';
    ctx.body = document;
  });
}

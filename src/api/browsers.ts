/** What browsers and clients are told by both APIs: who may read an answer (CORS), and why there is none (RFC 6750 §3). */
import type { Context, Middleware } from 'koa';
import type { Client } from '../client/client.ts';
import { Failure } from '../errors.ts';
import { ownUrl } from '../invitation/host.ts';

/** Nothing is kept by anybody on the way. */
export function withRules(issuer: string): Middleware {
  const metadata = `resource_metadata="${ownUrl(issuer, resourceMetadataPath)}"`;
  return async (ctx, next) => {
    ctx.set({ 'Cache-Control': 'no-store', Vary: 'Origin', 'X-Content-Type-Options': 'nosniff' });
    try {
      await next();
    } catch (error) {
      if (error instanceof Failure) challenge(ctx, error, metadata);
      throw error;
    }
  };
}

/** RFC 9728 §3.1: of the resource `<issuer>/api`. */
export const resourceMetadataPath = '/.well-known/oauth-protected-resource/api';

/** RFC 9728 §5.1: where it says how to get a token. */
function challenge(ctx: Context, { code, detail }: Failure, metadata: string): void {
  const scope = detail['scope'] ?? 'invitations';
  const challenges: Readonly<Record<string, string>> = {
    access_token_required: `Bearer ${metadata}`,
    access_token_invalid: `Bearer error="invalid_token", ${metadata}`,
    insufficient_scope: `Bearer error="insufficient_scope", scope="${scope}", ${metadata}`,
  };
  const said = challenges[code];
  if (said !== undefined) ctx.set('WWW-Authenticate', said);
}

/** A single-page app calls from the origin that it is redirected to. No cookie is read here. */
export function allowOrigin(ctx: Context, { redirectUris }: Client): void {
  const origin = ctx.get('Origin');
  if (origin === '' || origin === 'null' || !redirectUris.some((uri) => URL.parse(uri)?.origin === origin)) return;
  const exposed = 'ETag, Link, Location, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id';
  ctx.set({ 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': exposed });
}

/** A browser asks without the token, so that nobody can say for whom: what it may read is decided when it comes with it. */
export function answerPreflight(ctx: Context): void {
  ctx.set({
    'Access-Control-Allow-Origin': ctx.get('Origin') || '*',
    'Access-Control-Allow-Methods': 'GET, POST, PUT, PATCH, DELETE',
    'Access-Control-Allow-Headers': 'Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Prefer',
    'Access-Control-Max-Age': '600',
  });
  ctx.status = 204;
}

/** RFC 9728 §2. */
export function showResourceMetadata(issuer: string, scopes: readonly string[]): Middleware {
  return (ctx) => {
    ctx.set({ 'Access-Control-Allow-Origin': '*', 'Cache-Control': 'public, max-age=3600' });
    ctx.body = {
      resource: ownUrl(issuer, '/api'),
      authorization_servers: [issuer],
      scopes_supported: scopes,
      bearer_methods_supported: ['header'],
      resource_documentation: ownUrl(issuer, '/api/docs'),
    };
  };
}

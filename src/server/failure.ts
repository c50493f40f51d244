/** How a refusal or a surprise leaves the server: a page for a person, problem+json (RFC 9457) for a program. */
import { STATUS_CODES } from 'node:http';
import type { Context } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { errors, Failure, statusOf } from '../errors.ts';
import { ownPath } from '../invitation/host.ts';
import type { PageOf, Show } from '../lib/answer.ts';
import { isOutage } from '../lib/db.ts';
import type { Log } from './log.ts';
import type { Pages } from './pages.ts';

export type FailureSite = { readonly issuer: string; readonly log: Log; readonly show: Show<PageOf<Pages>> };

/** What is thrown becomes one of the table; an unknown error is logged under the request's id, and told to nobody. */
export function toFailure(error: unknown, ctx: Context, log: Log): Failure {
  if (error instanceof Failure) return error;
  const failure = isOutage(error) ? new Failure('database_unavailable', {}, 5) : new Failure('server_error');
  log.error({ requestId: ctx.state['requestId'], error }, failure.code);
  return failure;
}

export function answerFailure({ issuer, show }: FailureSite, ctx: Context, failure: Failure): void {
  const { code, detail, retryAfterSeconds, complaints } = failure;
  const status = statusOf(code);
  if (retryAfterSeconds !== undefined) ctx.set('Retry-After', String(retryAfterSeconds));
  if (!isForPrograms(ctx) && ctx.accepts('html', 'json') === 'html') {
    const data = { code, detail, requestId: ctx.state['requestId'], homeHref: ownPath(issuer, '/') };
    show(ctx, { page: 'server/error', data, status });
    return;
  }
  ctx.status = status;
  ctx.set('Cache-Control', 'no-store');
  const names = {
    type: `urn:guestlist:error:${code}`,
    title: STATUS_CODES[status],
    status,
    code,
  };
  ctx.body = { ...detail, ...names, ...(complaints.length > 0 ? { errors: complaints } : {}) };
  ctx.type = 'application/problem+json';
}

/** Whatever they say they accept: most say everything. */
function isForPrograms({ path }: Context): boolean {
  return path === '/api' || path.startsWith('/api/');
}

/** The provider's way to show an error of an authorization request that has no app to go back to. */
export function createRenderError(site: FailureSite) {
  return (
    ctx: KoaContextWithOIDC,
    out: { readonly error: string; readonly error_description?: string | undefined },
    error: Error,
  ): void => {
    answerFailure(site, ctx, failureOfProvider(ctx, out, error));
  };
}

function failureOfProvider(
  ctx: KoaContextWithOIDC,
  out: { readonly error: string; readonly error_description?: string | undefined },
  error: Error,
): Failure {
  if (error instanceof Failure) return error;
  if (isOutage(error)) return new Failure('database_unavailable', {}, 5);
  if (out.error === 'server_error') return new Failure('server_error');
  if (ctx.oidc.route === 'resume' || ctx.oidc.route === 'end_session_confirm') return new Failure('interaction_expired');
  return new Failure('authorization_request_invalid', { error: out.error, description: out.error_description ?? '' });
}

/** Hidden by the provider as `server_error`: a JSON answer may still say that it is the database, and when to try again. */
export function tellOutage(ctx: KoaContextWithOIDC, error: unknown): void {
  if (!isOutage(error) || ctx.status < 500) return;
  ctx.status = errors.database_unavailable.status;
  ctx.set('Retry-After', '5');
}

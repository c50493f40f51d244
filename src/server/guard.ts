/**
 * What every request passes: an id, the check that it was meant for us, a line in the log, and an answer to whatever is
 * thrown further in. Owns trust in headers: the issuer says who we are, never the request.
 */
import type { Context, Middleware } from 'koa';
import type Provider from 'oidc-provider';
import { Failure } from '../errors.ts';
import type { Clock } from '../lib/clock.ts';
import { newId, type Random } from '../lib/random.ts';
import { answerFailure, type FailureSite, toFailure } from './failure.ts';
import { loggedPath } from './log.ts';

export type GuardSite = FailureSite & { readonly clock: Clock; readonly random: Random; readonly proxyCount: number };

export function guard(site: GuardSite): Middleware {
  return async (ctx, next) => {
    const startedAt = site.clock();
    // Now: a request that is broken off has no address any more.
    const { ip } = ctx;
    ctx.state['requestId'] = newId(startedAt, site.random);
    ctx.set('X-Request-Id', ctx.state['requestId']);
    if (site.issuer.startsWith('https:')) ctx.set('Strict-Transport-Security', 'max-age=31536000');
    try {
      refuseForeignHost(site, ctx);
      await next();
      if (ctx.status === 404 && (ctx.body === undefined || ctx.body === null)) throw new Failure('page_not_found');
    } catch (error) {
      answerFailure(site, ctx, toFailure(error, ctx, site.log));
    }
    logAnswer(site, ctx, { startedAt, ip });
  };
}

/** DNS rebinding and poisoned links begin with a Host that is not ours (OWASP WSTG-INPV-17). */
function refuseForeignHost({ issuer, proxyCount }: GuardSite, ctx: Context): void {
  const forwarded = proxyCount > 0 ? ctx.get('X-Forwarded-Host').split(',')[0]?.trim() : undefined;
  const host = forwarded || ctx.get('Host');
  if (host.toLowerCase() !== new URL(issuer).host || !ctx.originalUrl.startsWith('/')) throw new Failure('wrong_host', { issuer });
}

function logAnswer({ log, clock }: GuardSite, ctx: Context, { startedAt, ip }: { readonly startedAt: Date; readonly ip: string }): void {
  const { method, status, path } = ctx;
  const ms = clock().getTime() - startedAt.getTime();
  log.info({ requestId: ctx.state['requestId'], method, path: loggedPath(path), status, ms, ip }, 'answered');
}

/** oidc-provider builds addresses from the request; its request then has the issuer's scheme and host, whatever came in. */
export function trustOnlyIssuer(provider: Provider, { issuer, proxyCount }: Pick<GuardSite, 'issuer' | 'proxyCount'>): void {
  const { protocol, host } = new URL(issuer);
  Object.defineProperty(provider.request, 'protocol', { get: () => protocol.slice(0, -1) });
  Object.defineProperty(provider.request, 'host', { get: () => host });
  provider.proxy = proxyCount > 0;
  provider.maxIpsCount = proxyCount;
}

/** What every request passes and every response carries: headers, the same-origin rule, bounded form bodies. */
import type { Context, Middleware } from 'koa';
import { Refusal } from './refusal.ts';

const largestForm = 32 * 1024;

export function setSecurityHeaders(options: { readonly issuer: string }): Middleware {
  // Chrome applies form-action to the redirects after a form too: signing out and joining lead to the issuer.
  const policy = [
    "default-src 'none'",
    "style-src 'self'",
    `form-action 'self' ${new URL(options.issuer).origin}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
  return async (ctx, next) => {
    ctx.set({
      'Content-Security-Policy': policy,
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      // Not `no-referrer`: that turns the Origin of our own forms into `null`, and older browsers send nothing better.
      'Referrer-Policy': 'same-origin',
    });
    await next();
  };
}

export function requireSameOrigin(baseUrl: string): Middleware {
  const { origin } = new URL(baseUrl);
  return async (ctx, next) => {
    const site = ctx.get('Sec-Fetch-Site');
    const allowed = site === '' ? ctx.get('Origin') === origin : site === 'same-origin';
    if (!allowed) throw new Refusal('cross_site');
    await next();
  };
}

export async function readForm(ctx: Context): Promise<URLSearchParams> {
  if (!ctx.is('urlencoded')) throw new Refusal('bad_request');
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop early must not close the socket before the refusal has been sent.
  for await (const chunk of ctx.req.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > largestForm) {
      ctx.set('Connection', 'close');
      throw new Refusal('bad_request');
    }
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}

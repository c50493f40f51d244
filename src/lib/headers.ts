/**
 * What a browser is told about every page of ours: run nothing but our own files, show it in no frame, keep no copy.
 * (OWASP HTTP headers cheat sheet; CSP Level 3.)
 */
import type { Context } from 'koa';

export type PageRules = {
  /** Where a form of this page may lead by redirect, besides here: Chrome checks `form-action` on every hop. */
  readonly formTargets?: readonly string[];
  /** The address of this page holds a secret: tell nobody, not even ourselves, where the next request came from. */
  readonly secretAddress?: boolean;
  /** A script of this page asks us for more: a preview, or how far something is. */
  readonly connects?: boolean;
  /** It shows pages of ours in frames, such as previews. */
  readonly frames?: boolean;
};

export function setPageHeaders(
  ctx: Pick<Context, 'set'>,
  { formTargets = [], secretAddress = false, connects = false, frames = false }: PageRules = {},
): void {
  ctx.set({
    'Content-Security-Policy': [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      ...(connects ? ["connect-src 'self'"] : []),
      ...(frames ? ["frame-src 'self'"] : []),
      ['form-action', "'self'", ...formTargets].join(' '),
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ].join('; '),
    'Cache-Control': 'no-store',
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
    // Not `no-referrer` everywhere: it turns the Origin of our own forms into `null`.
    'Referrer-Policy': secretAddress ? 'no-referrer' : 'same-origin',
    Vary: 'Accept-Language, Cookie',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'X-Robots-Tag': 'noindex, nofollow',
  });
}

/** The CSP source of a redirect URI: its origin, or for an app's own scheme (RFC 8252 §7.1) the scheme. */
export function formTargetOf(redirectUri: unknown): readonly string[] {
  const url = typeof redirectUri === 'string' ? URL.parse(redirectUri) : null;
  if (!url) return [];
  return [url.origin === 'null' ? url.protocol : url.origin];
}

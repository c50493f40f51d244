/**
 * In which browser a session began, so that people know their own again: its name and that of its system, and nothing that
 * would tell two people with the same apart. What a browser says of itself proves nothing.
 */
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Clock } from '../lib/clock.ts';
import type { Database } from '../lib/db.ts';
import { noteBrowser } from './sign-in-store.ts';

type Kind = readonly (readonly [name: string, pattern: RegExp])[];

/** In this order: most say that they are others, too. */
const browsers: Kind = [
  ['Edge', /\bEdg(?:e|A|iOS)?\//],
  ['Opera', /\b(?:OPR|OPiOS|Opera)\b/],
  ['Samsung Internet', /\bSamsungBrowser\//],
  ['Firefox', /\b(?:Firefox|FxiOS)\//],
  ['Chrome', /\b(?:Headless)?(?:Chrome|CriOS|Chromium)\//],
  ['Safari', /\bVersion\/[\d.]+ .*\bSafari\//],
];

const systems: Kind = [
  ['iPhone', /\biPhone\b/],
  ['iPad', /\biPad\b/],
  ['Android', /\bAndroid\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Windows', /\bWindows\b/],
  ['macOS', /\bMac OS X\b|\bMacintosh\b/],
  ['Linux', /\bLinux\b/],
];

export function describeBrowser(userAgent: string): { readonly browser: string | undefined; readonly system: string | undefined } {
  const nameOf = (kind: Kind) => kind.find(([, pattern]) => pattern.test(userAgent.slice(0, 500)))?.[0];
  return { browser: nameOf(browsers), system: nameOf(systems) };
}

/** Where somebody comes back from signing in. */
export function noteBrowsers({ database, clock }: { readonly database: Database; readonly clock: Clock }) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    await next();
    const { route, session, entities } = ctx.oidc ?? {};
    const accountId = session?.accountId;
    if (route !== 'resume' || accountId === undefined || session === undefined) return;
    if (entities?.Interaction?.result?.login?.accountId !== accountId) return;
    await noteBrowser(database, { uid: session.uid, accountId, ...describeBrowser(ctx.get('User-Agent')), now: clock() });
  };
}

/** Leaving the console. Whoever is signed in here stays so, and is asked whether they want to. */
import type { Context } from 'koa';
import { leadTo } from '../lib/answer.ts';
import { consoleHref, readConsoleForm } from './forms.ts';
import { endSession } from './session.ts';
import type { ConsoleSite, Visitor } from './site.ts';

export async function signOut(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  await readConsoleForm(site, ctx, visitor);
  await endSession(site, ctx, visitor.session);
  leadTo(ctx, consoleHref(site, '/admin/signed-out'));
}

export async function showSignedOut(site: ConsoleSite, ctx: Context): Promise<void> {
  const data = { againHref: consoleHref(site, '/admin'), signOutHref: site.provider.pathFor('end_session') };
  site.show(ctx, { page: 'console/signed-out', data });
}

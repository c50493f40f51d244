/**
 * The members' portal, `/me`: what somebody signed in here sees of themselves. Owns the pages where they look at what they
 * belong to, leave it, end what they are signed in to, take their data along, and close their account; and the pages of
 * their own invitations (`invitation-routes.ts`). Owns no rule: groups, invitations and accounts have theirs, and what the
 * provider keeps of sessions is handed in as `SignIns`. Passwords and addresses are the account slice's own pages.
 *
 * Each form lives at the address that it is posted to, so that whoever had to sign in meanwhile comes back to it.
 */
import type { Context } from 'koa';
import type { AccountSite } from '../account/interaction.ts';
import { forMembers, type Member, readMemberForm } from '../account/security.ts';
import { isPortalPath } from '../account/sessions.ts';
import { ownPath } from '../invitation/host.ts';
import type { PageOf, Show } from '../lib/answer.ts';
import type { Fields } from '../lib/form.ts';
import type { PortalPages } from './pages.ts';
import type { SignIns } from './sign-ins.ts';

export type PortalSite = AccountSite & { readonly show: Show<PageOf<PortalPages>>; readonly signIns: SignIns };

export type PortalPage = (site: PortalSite, ctx: Context, member: Member) => Promise<void>;

/** Whoever is not signed in signs in first, and comes back to the same page. */
export function atPortal(page: PortalPage): (site: PortalSite, ctx: Context) => Promise<void> {
  return forMembers(page, ({ path }) => (isPortalPath(path) ? path : '/me'));
}

/** A page of the portal, as a browser asks for it. */
export function portalPath({ issuer }: Pick<PortalSite, 'issuer'>, path: '' | `/${string}` | `?${string}`): string {
  return ownPath(issuer, `/me${path}`);
}

export type PortalForm = { readonly action: string; readonly formToken: string };

/** What a form needs that is posted to this page of the portal, such as `/sessions/end-others`. */
export function portalForm(site: PortalSite, member: Member, path: '' | `/${string}`): PortalForm {
  return { action: portalPath(site, path), formToken: tokenFor(site, member, `/me${path}`) };
}

/** It serves this session at this address alone. */
function tokenFor({ formToken }: PortalSite, { sessionUid }: Member, path: string): string {
  return formToken(`portal ${sessionUid} ${path}`);
}

/** Throws `foreign_origin`, `form_expired`. */
export async function readPortalForm(site: PortalSite, ctx: Context, member: Member): Promise<Fields> {
  return readMemberForm(site, ctx, tokenFor(site, member, ctx.path));
}

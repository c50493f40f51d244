/** What stands round every page of the console: where one can go, whose session it is, and what was just done. */
import type { Context } from 'koa';
import { type Caller, reachOf } from '../admin/access.ts';
import type { AdminScope } from '../client/own-scopes.ts';
import { Failure } from '../errors.ts';
import { ownPath } from '../invitation/host.ts';
import { consoleForm, consoleHref, type ConsoleForm, type ConsolePath } from './forms.ts';
import { type Deed, doneOf } from './done.ts';
import type { ConsoleSite, Visitor } from './site.ts';

/** The scope says who reaches it. The words are `console.nav.<name>`. */
const entries = [
  { name: 'dashboard', path: '/admin', scope: 'settings:read' },
  { name: 'invitations', path: '/admin/invitations', scope: 'invitations:read' },
  { name: 'campaigns', path: '/admin/campaigns', scope: 'campaigns:read' },
  { name: 'requests', path: '/admin/requests', scope: 'requests:read' },
  { name: 'approvals', path: '/admin/approvals', scope: 'invitations:write' },
  { name: 'groups', path: '/admin/groups', scope: 'groups:read' },
  { name: 'rights', path: '/admin/rights', scope: 'groups:write' },
  { name: 'apps', path: '/admin/apps', scope: 'clients:read' },
  { name: 'people', path: '/admin/people', scope: 'accounts:read' },
  { name: 'audit', path: '/admin/audit', scope: 'audit:read' },
  { name: 'settings', path: '/admin/settings', scope: 'settings:read' },
] as const satisfies readonly { readonly name: string; readonly path: ConsolePath; readonly scope: AdminScope }[];

export type ConsoleEntry = { readonly entry: (typeof entries)[number]['name']; readonly href: string };

export type ConsoleFrame = {
  readonly entries: readonly ConsoleEntry[];
  readonly person: { readonly name: string; readonly email: string };
  readonly portalHref: string;
  readonly signOut: ConsoleForm;
  /** What was done just now, and to how many. */
  readonly done: { readonly deed: Deed; readonly count: number } | undefined;
};

/** None: there is nothing here for them. */
export function entriesOf({ issuer }: Pick<ConsoleSite, 'issuer'>, caller: Caller): ConsoleEntry[] {
  return entries
    .filter(({ scope }) => mayReach(caller, scope))
    .map(({ name, path }) => ({ entry: name, href: consoleHref({ issuer }, path) }));
}

function mayReach(caller: Caller, scope: AdminScope): boolean {
  try {
    reachOf(caller, scope);
    return true;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

export function frameOf(site: ConsoleSite, ctx: Context, visitor: Pick<Visitor, 'account' | 'session' | 'caller'>): ConsoleFrame {
  const { name, email } = visitor.account;
  return {
    entries: entriesOf(site, visitor.caller),
    person: { name, email },
    portalHref: ownPath(site.issuer, '/me'),
    signOut: consoleForm(site, visitor, '/admin/sign-out'),
    done: doneOf(ctx),
  };
}

/** `/admin/people/:id`: one person, on four pages: what they have, where they are signed in, what they offered, what is on record. */
import type { Context } from 'koa';
import type { Output } from '../admin/http-client.ts';
import { pageOfEvents } from '../audit/list-store.ts';
import { entriesOf } from './audit.ts';
import { namesOf } from './audit-store.ts';
import { type ConsolePath, consoleForm, consoleHref } from './forms.ts';
import { groupPath } from './group-head.ts';
import { listedOf } from './invitation-shown.ts';
import { operate } from './operate.ts';
import { type HeldThing, type PersonDeed, personDeeds, type PersonHead, type PersonLink } from './people-data.ts';
import { findBringer, listBrought } from './people-store.ts';
import { rightPath, takePath } from './rights.ts';
import type { ConsoleSite, Visitor } from './site.ts';

/** More than these are a list of their own. */
const mostShown = 100;
const mostBrought = 50;
const mostInvitations = 10;
const mostEntries = 10;

type Site = Pick<ConsoleSite, 'issuer'>;

export function personPath(id: string, page = ''): ConsolePath {
  return `/admin/people/${encodeURIComponent(id)}${page}`;
}

export function personHeadOf(site: Site, account: Pick<Output<'getAccount'>, 'id' | 'name' | 'email' | 'disabledAt'>): PersonHead {
  const { id, name, email, disabledAt } = account;
  const href = (page?: string) => consoleHref(site, personPath(id, page));
  const hrefs = { overview: href(), access: href('/access'), invitations: href('/invitations'), log: href('/log') };
  return { id, name: name || email, email, isDisabled: disabledAt !== null, hrefs };
}

function deedHrefsOf(site: Site, id: string): Readonly<Record<PersonDeed, string>> {
  return Object.fromEntries(personDeeds.map((deed) => [deed, consoleHref(site, personPath(id, `/${deed}`))])) as Record<PersonDeed, string>;
}

const idOf = (ctx: Context) => String(ctx['params']['id']);
const linkTo = (site: Site, { accountId, name, email }: { accountId: string; name: string; email: string | null }): PersonLink => ({
  name: name || email || accountId,
  href: consoleHref(site, personPath(accountId)),
});

type Held = Output<'listAccountMemberships'>['items'][number] | Output<'listAccountRights'>['items'][number];

export async function showPerson(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const accountId = idOf(ctx);
  const doing = { site, ctx, visitor };
  const params = { accountId };
  const query = { limit: mostShown };
  const account = await operate(doing, 'getAccount', { params });
  const [memberships, rights, { items: emails }] = await Promise.all([
    operate(doing, 'listAccountMemberships', { params, query }),
    operate(doing, 'listAccountRights', { params, query }),
    operate(doing, 'listAccountEmails', { params }),
  ]);
  const { cameBy } = account;
  const things = await heldBy(site, accountId, [...memberships.items, ...rights.items]);
  visitor.show({
    page: 'console/person',
    data: {
      head: personHeadOf(site, account),
      since: new Date(account.createdAt),
      language: account.locale ?? undefined,
      emails: emails.map(({ email, primary, verifiedAt }) => ({ email, isPrimary: primary, isVerified: verifiedAt !== null })),
      cameBy: cameBy ? { name: cameBy.label, href: invitationHref(site, cameBy.invitationId) } : undefined,
      groups: things.slice(0, memberships.items.length),
      rights: things.slice(memberships.items.length),
      entitlements: account.entitlements,
      isMore: memberships.next !== undefined || rights.next !== undefined,
      dataHref: consoleHref(site, personPath(accountId, '/data')),
      deedHrefs: deedHrefsOf(site, accountId),
    },
  });
}

const invitationHref = (site: Site, id: string) => consoleHref(site, `/admin/invitations/${encodeURIComponent(id)}`);

async function heldBy(site: ConsoleSite, accountId: string, held: readonly Held[]): Promise<HeldThing[]> {
  const names = await namesOf(
    site.database,
    held.flatMap(({ invitedBy }) => invitedBy ?? []),
  );
  return held.map((one) => ({
    ...placeOf(site, accountId, one),
    since: new Date(one.since),
    until: one.until === null ? undefined : new Date(one.until),
    invitationHref: one.invitationId === null ? undefined : invitationHref(site, one.invitationId),
    inviterName: one.invitedBy === null ? undefined : names.get(one.invitedBy),
  }));
}

function placeOf(site: Site, account: string, one: Held): Pick<HeldThing, 'name' | 'href' | 'role' | 'takeHref'> {
  if ('right' in one) {
    const { right } = one;
    return {
      name: right,
      role: undefined,
      href: consoleHref(site, rightPath(right)),
      takeHref: consoleHref(site, takePath(account, right)),
    };
  }
  const { group, groupName: name, role } = one;
  const takeHref = `${consoleHref(site, groupPath(group, '/remove'))}?${new URLSearchParams({ account, role })}`;
  return { name, role, href: consoleHref(site, groupPath(group)), takeHref };
}

export async function showAccess(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const accountId = idOf(ctx);
  const doing = { site, ctx, visitor };
  const account = await operate(doing, 'getAccount', { params: { accountId } });
  const [{ items: sessions }, apps] = await Promise.all([
    operate(doing, 'listSessions', { params: { accountId } }),
    site.signIns.apps(accountId),
  ]);
  visitor.show({
    page: 'console/person-access',
    data: {
      head: personHeadOf(site, account),
      sessions: sessions.map(({ id, browser, system, since, seenAt }) => ({
        ...{ id, browser: browser ?? undefined, system: system ?? undefined },
        since: new Date(since),
        seenAt: new Date(seenAt),
      })),
      apps: apps.map(({ clientId, name, since }) => ({
        ...{ name, since },
        href: consoleHref(site, `/admin/apps/${encodeURIComponent(clientId)}`),
      })),
      end: consoleForm(site, visitor, personPath(accountId, '/end-session')),
      deedHrefs: deedHrefsOf(site, accountId),
    },
  });
}

export async function showIssued(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const accountId = idOf(ctx);
  const doing = { site, ctx, visitor };
  const account = await operate(doing, 'getAccount', { params: { accountId } });
  const [{ items }, bringer, brought] = await Promise.all([
    operate(doing, 'listIssuedInvitations', { params: { accountId }, query: { limit: mostInvitations } }),
    findBringer(site.database, accountId),
    listBrought(site.database, accountId, mostBrought + 1),
  ]);
  visitor.show({
    page: 'console/person-invitations',
    data: {
      head: personHeadOf(site, account),
      bringer: bringer && linkTo(site, bringer),
      brought: brought.slice(0, mostBrought).map((one) => ({
        ...linkTo(site, one),
        at: one.joinedAt,
        invitationHref: invitationHref(site, one.invitationId),
      })),
      isMoreBrought: brought.length > mostBrought,
      invitations: await listedOf(site, items),
      allHref: `${consoleHref(site, '/admin/invitations')}?${new URLSearchParams({ inviter: accountId })}`,
      deedHrefs: deedHrefsOf(site, accountId),
    },
  });
}

export async function showPersonLog(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const accountId = idOf(ctx);
  const account = await operate({ site, ctx, visitor }, 'getAccount', { params: { accountId } });
  const page = { limit: mostEntries, order: 'newest' } as const;
  const [about, done] = await Promise.all([
    pageOfEvents(site.database, { ...page, subject: accountId }),
    pageOfEvents(site.database, { ...page, actor: accountId }),
  ]);
  const href = (name: 'actor' | 'subject') => `${consoleHref(site, '/admin/audit')}?${new URLSearchParams({ [name]: accountId })}`;
  visitor.show({
    page: 'console/person-log',
    data: {
      head: personHeadOf(site, account),
      toThem: await entriesOf(site, about),
      byThem: await entriesOf(site, done),
      hrefs: { about: href('subject'), done: href('actor') },
    },
  });
}

/** The pages on which a member invites: where to, what, and then either the link to share or what became of the mail. */
import type { Context } from 'koa';
import type { Member } from '../account/security.ts';
import { listApps } from '../client/store.ts';
import type { Invitable } from '../invitation/invitable.ts';
import type { OwnInvitations, OwnIssued } from '../invitation/own.ts';
import { leadTo, localeOf } from '../lib/answer.ts';
import { type FieldErrors, type Fields, formStatus } from '../lib/form.ts';
import { checkInvitationForm, errorsOf, type InvitationForm, wishOf } from './invitation-form.ts';
import { keepShared } from './invitation-share.ts';
import { ownOf } from './invitation-shown.ts';
import { type PortalSite, portalForm, portalPath, readPortalForm } from './portal.ts';

/** With one group, the form at once; else the choice first, so that the form can say what goes there. */
export async function showNew(site: PortalSite, ctx: Context, member: Member): Promise<void> {
  const groups = await ownOf(site, ctx, member).groups();
  const group = groups.length === 1 ? groups[0] : groups.find(({ slug }) => slug === ctx.query['group']);
  if (!group) return showWhere(site, ctx, { groups, path: '/invitations/new' });
  await showForm(site, ctx, { member, groups, group });
}

type Where = { readonly groups: readonly Invitable[]; readonly path: `/${string}`; readonly errors?: FieldErrors };

export function showWhere(site: PortalSite, ctx: Context, { groups, path, errors = {} }: Where): void {
  const hrefOf = ({ slug }: Invitable) => `${portalPath(site, path)}?${new URLSearchParams({ group: slug })}`;
  const data = {
    groups: groups.map((group) => ({ ...group, href: hrefOf(group) })),
    errors,
    backHref: portalPath(site, '/invitations'),
  };
  site.show(ctx, { page: 'portal/invitation-where', data, status: formStatus(errors) });
}

type Form = {
  readonly member: Member;
  readonly groups: readonly Invitable[];
  readonly group: Invitable;
  readonly typed?: Fields;
  readonly errors?: FieldErrors;
};

async function showForm(site: PortalSite, ctx: Context, { member, groups, group, typed, errors = {} }: Form): Promise<void> {
  const isUsed = errors['form'] === 'form_used';
  const query = new URLSearchParams({ group: group.slug });
  const data = {
    ...portalForm(site, member, '/invitations/new'),
    key: (isUsed ? undefined : typed?.['key']) ?? site.random(16).toString('base64url'),
    group,
    severalHref: group.channels.includes('mail') ? `${portalPath(site, '/invitations/several')}?${query}` : undefined,
    otherHref: groups.length > 1 ? portalPath(site, '/invitations/new') : undefined,
    typed: typed ?? usual(group, localeOf(site.renderer, ctx)),
    errors,
    lifetimes: lifetimesOf(group).lifetimes,
    stays: within([week, 30 * day, 90 * day, 365 * day], group.membershipSeconds),
    locales: site.renderer.texts.locales,
    apps: await listApps(site.database),
    backHref: portalPath(site, '/invitations'),
  };
  site.show(ctx, { page: 'portal/invitation-new', data, status: formStatus(errors) });
}

const hour = 60 * 60;
const day = 24 * hour;
const week = 7 * day;

/** To be chosen from, and which is usual. */
export function lifetimesOf({ maxLifetimeSeconds }: Invitable): { readonly lifetimes: readonly number[]; readonly usualLifetime: number } {
  const lifetimes = within([hour, day, 3 * day, week, 30 * day, 90 * day, 365 * day], maxLifetimeSeconds);
  return { lifetimes, usualLifetime: Math.min(maxLifetimeSeconds ?? week, week) };
}

/** The most that is allowed is there to be chosen, whatever it is. */
function within(usualSeconds: readonly number[], most: number | undefined): number[] {
  if (most === undefined) return [...usualSeconds];
  return [...usualSeconds.filter((count) => count < most), most];
}

function usual(group: Invitable, locale: string): Fields {
  const { slug, roles, channels, pinForLinks, domains } = group;
  return {
    group: slug,
    role: roles[0] ?? '',
    by: channels[0] ?? 'mail',
    places: '1',
    lasts: String(lifetimesOf(group).usualLifetime),
    domains: domains.join(', '),
    locale,
    ...(pinForLinks ? { pin: 'links' } : {}),
  };
}

export async function makeInvitation(site: PortalSite, ctx: Context, member: Member): Promise<void> {
  const fields = await readPortalForm(site, ctx, member);
  const own = ownOf(site, ctx, member);
  const groups = await own.groups();
  const group = groups.find(({ slug }) => slug === fields['group']);
  const made = await make(site, own, { fields, longestSeconds: group?.maxLifetimeSeconds });
  if (made.ok) return leadOn(site, ctx, { member, issued: made.issued });
  const { errors } = made;
  if (group) return showForm(site, ctx, { member, groups, group, typed: fields, errors });
  showWhere(site, ctx, { groups, path: '/invitations/new', errors });
}

type Making = { readonly fields: Fields; readonly longestSeconds: number | undefined };

type Made = { readonly ok: true; readonly issued: OwnIssued } | { readonly ok: false; readonly errors: FieldErrors };

/** By the same form, once. */
async function make(site: PortalSite, own: OwnInvitations, { fields, longestSeconds }: Making): Promise<Made> {
  const form = checkInvitationForm(fields);
  if (!form.ok) return form;
  const wished = wishOf(form.value, { now: site.clock(), longestSeconds });
  if (!wished.ok) return wished;
  try {
    return { ok: true, issued: await own.invite(wished.wish, keyOf(form.value), fields) };
  } catch (error) {
    const errors = errorsOf(error, form.value);
    if (!errors) throw error;
    return { ok: false, errors };
  }
}

/** Apart from the keys that apps make up. */
function keyOf({ key }: InvitationForm): string {
  return `portal form ${key}`;
}

async function leadOn(site: PortalSite, ctx: Context, { member, issued }: { readonly member: Member; readonly issued: OwnIssued }) {
  const path = `/invitations/${issued.id}` as const;
  if (await keepShared(site, member, issued)) return leadTo(ctx, portalPath(site, `${path}/share`));
  leadTo(ctx, `${portalPath(site, path)}?done=mailed`);
}

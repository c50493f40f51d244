/** SQL for what the admin API says of invitations: every list by an index, a page at a time. */
import type { InvitationState } from '../invitation/invitation.ts';
import { isInSight, type Sight, sightBindings } from '../invitation/sight-store.ts';
import { firstRow, type Bindings, type Queryable, rows } from '../lib/db.ts';
import { type Alike, findAlike, hasLabel, patternOf } from './label-store.ts';

export type InvitationFilter = {
  readonly state: InvitationState | undefined;
  readonly groupId: string | undefined;
  /** An account, or `operator`. */
  readonly inviter: string | undefined;
  readonly campaignId: string | undefined;
  readonly emailPrefix: string | undefined;
  readonly labelPrefix: string | undefined;
  readonly createdAfter: Date | undefined;
  readonly createdBefore: Date | undefined;
};

type Seeking = {
  readonly filter: InvitationFilter;
  readonly sight: Sight;
  /** The newest before this id. */
  readonly before: string | undefined;
  /** So many are looked at, */
  readonly looks: number;
  /** and so many found. */
  readonly most: number;
  readonly now: Date;
};

export type Sought = {
  /** Newest first. */
  readonly ids: readonly string[];
  /** Where to go on; undefined: there is nothing more. */
  readonly reached: string | undefined;
};

type SoughtRow = { readonly ids: string[]; readonly reached: string | null };

/**
 * However few fit, no more than `looks` are read, or a few more. What stands in no index (places used, who may invite) is
 * asked of those alone; of what is suspended more is found than is, for only `stateOf` can tell.
 */
export async function seekInvitations(db: Queryable, { filter, sight, before, looks, most, now }: Seeking): Promise<Sought> {
  const labelPattern = filter.labelPrefix === undefined ? null : patternOf(filter.labelPrefix);
  const alike = labelPattern === null ? undefined : await findAlike(db, labelPattern);
  const { parts, reached, width = 0 } = sourceOf(filter, sight, alike);
  const sql = `with ${parts},
    page as (select i.id from seen join guestlist.invitation i on i.id = seen.id
      where ${[...conditionsOf(filter), ...unindexed(filter), isInSight(sight)].join(' and ')} order by i.id desc limit :most)
    select array(select id from page order by id desc) as ids, ${reached} as reached`;
  const bounds = boundsOf(filter);
  const share = Math.max(leastShare, Math.ceil((2 * looks) / (width + 1)));
  const labels = typeof alike === 'object' ? [...alike] : [];
  const given = { ...bindingsOf(filter), ...bounds, ...sightBindings(sight), labelPattern, labels, before: before ?? bounds.before };
  const row = await firstRow<SoughtRow>(db, sql, { ...given, looks, share, most, now });
  const { ids = [], reached: last = null } = row ?? {};
  return { ids, reached: ids.length === most ? ids.at(-1) : (last ?? undefined) };
}

/** Of each that is read side by side with many. */
const leastShare = 100;

const onward = (id: string) => `(:before::text is null or ${id} < :before) and (:afterId::text is null or ${id} >= :afterId)`;
const newest = 'order by 1 desc limit :looks';

/** From so many characters on, few addresses begin alike. */
const longPrefix = 4;

type Source = {
  /** The last is `seen`: ids, newest first. */
  readonly parts: string;
  /** Down to which id nothing was left out; null: to the end. */
  readonly reached: string;
  /** So many are read side by side. */
  readonly width?: number;
};

const inOne = (select: string): Source => ({
  parts: `seen as materialized (${select})`,
  reached: '(select case when count(*) = :looks then min(id) end from seen)',
});

/** From wherever the fewest are to be looked at. */
function sourceOf(filter: InvitationFilter, sight: Sight, alike: Alike): Source {
  const { emailPrefix = '', groupId, inviter = 'operator', campaignId } = filter;
  // All of them are sorted: those of one campaign may have come one after the other, far down in the order of ids.
  if (emailPrefix.length >= longPrefix) return allOf('i.email_key like :emailPattern');
  if (alike === 'few') return allOf(hasLabel);
  if (alike !== undefined) return { ...ofLabels, width: alike.length };
  if (groupId !== undefined)
    return inOne(`select distinct invitation_id as id from guestlist.invitation_grant
      where group_id = :groupId and ${onward('invitation_id')} ${newest}`);
  if (sight && inviter === 'operator' && campaignId === undefined) return { ...ofManager, width: sight.groupIds.length };
  return inOne(`select i.id from guestlist.invitation i where ${[...conditionsOf(filter), onward('i.id')].join(' and ')} ${newest}`);
}

function allOf(condition: string): Source {
  return inOne(`select id from (
    select i.id from guestlist.invitation i where ${condition} and ${onward('i.id')} offset 0) alike ${newest}`);
}

const mostOfEach = 'order by id desc limit :share';
const horizon = `(select max(least) from (select min(id) as least from part group by source having count(*) = :share) cut)`;

/** What they made, and what is in each of their groups: as far down as every one of these was read. */
const ofManager: Source = {
  parts: `part as materialized (
      (select '' as source, i.id from guestlist.invitation i where i.inviter_id = :sightAccount and ${onward('i.id')} ${mostOfEach})
      union all
      select managed.id, g.id from unnest(:sightGroups::text[]) as managed (id) cross join lateral (
        select distinct invitation_id as id from guestlist.invitation_grant
        where group_id = managed.id and ${onward('invitation_id')} ${mostOfEach}) g
    ), seen as materialized (select distinct id from part where id >= coalesce(${horizon}, ''))`,
  reached: horizon,
};

const ofLabels: Source = {
  parts: `part as materialized (
      select alike.label as source, l.id from unnest(:labels::text[]) as alike (label) cross join lateral (
        select i.id from guestlist.invitation i
        where i.label <> '' and lower(i.label) = alike.label and ${onward('i.id')} ${mostOfEach}) l
    ), seen as materialized (select id from part where id >= coalesce(${horizon}, ''))`,
  reached: horizon,
};

const isLive = 'i.revoked_at is null and i.expires_at > :now';

const states: Readonly<Record<InvitationState, string>> = {
  revoked: 'i.revoked_at is not null',
  expired: 'i.revoked_at is null and i.expires_at <= :now',
  not_started: `${isLive} and i.starts_at > :now`,
  open: isLive,
  used_up: isLive,
  suspended: isLive,
};

function conditionsOf(filter: InvitationFilter): string[] {
  const { state, inviter, campaignId, emailPrefix, createdAfter, createdBefore } = filter;
  return [
    'true',
    ...(state === undefined ? [] : [states[state]]),
    ...(inviter === undefined ? [] : [inviter === 'operator' ? 'i.inviter_id is null' : 'i.inviter_id = :inviter']),
    ...(campaignId === undefined ? [] : ['i.campaign_id = :campaignId']),
    ...(emailPrefix === undefined ? [] : ['i.email_key like :emailPattern']),
    ...(createdAfter === undefined ? [] : ['i.created_at >= :createdAfter']),
    ...(createdBefore === undefined ? [] : ['i.created_at < :createdBefore']),
  ];
}

const isPerhapsSuspended = `(i.inviter_id is not null or exists (
    select from guestlist.invitation_grant g join guestlist."group" gr on gr.id = g.group_id
    where g.invitation_id = i.id and (gr.archived_at is not null or guestlist.group_is_sensitive(gr.id))))`;

const unindexedStates: Readonly<Partial<Record<InvitationState, string>>> = {
  open: 'i.used_count < i.max_uses and (i.starts_at is null or i.starts_at <= :now)',
  used_up: 'i.used_count >= i.max_uses',
  suspended: isPerhapsSuspended,
};

const clockSkewMs = 60 * 60 * 1000;

function unindexed({ state, groupId, labelPrefix }: InvitationFilter): string[] {
  const own = state && unindexedStates[state];
  const inGroup = 'exists (select from guestlist.invitation_grant g where g.invitation_id = i.id and g.group_id = :groupId)';
  return [...(own ? [own] : []), ...(groupId === undefined ? [] : [inGroup]), ...(labelPrefix === undefined ? [] : [hasLabel])];
}

function bindingsOf({ groupId, inviter, campaignId, emailPrefix, createdAfter, createdBefore }: InvitationFilter): Bindings {
  return {
    groupId: groupId ?? null,
    inviter: inviter ?? null,
    campaignId: campaignId ?? null,
    emailPattern: emailPrefix === undefined ? null : patternOf(emailPrefix.toLowerCase()),
    createdAfter: createdAfter ?? null,
    createdBefore: createdBefore ?? null,
  };
}

/** Ids begin with the instant at which they were made, which may be a little earlier than `created_at`. */
function boundsOf({ createdAfter, createdBefore }: InvitationFilter): { readonly afterId: string | null; readonly before: string | null } {
  return {
    afterId: createdAfter ? idAt(createdAfter.getTime() - clockSkewMs) : null,
    before: createdBefore ? idAt(createdBefore.getTime()) : null,
  };
}

/** Before every id of that instant (RFC 9562 §5.7). */
function idAt(milliseconds: number): string {
  const hex = Math.max(0, milliseconds).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-`;
}

export type InvitationDetail = {
  readonly id: string;
  readonly inviterName: string | null;
  readonly message: string;
  readonly locale: string | null;
  readonly landingClientId: string | null;
  readonly reminders: boolean;
  readonly campaignId: string | null;
  readonly replacesId: string | null;
  readonly replacedById: string | null;
  readonly waitingCount: number;
  readonly awaitsConfirmation: boolean;
};

/** What the summary of an invitation leaves out. */
export async function findDetails(db: Queryable, ids: readonly string[], now: Date): Promise<ReadonlyMap<string, InvitationDetail>> {
  if (ids.length === 0) return new Map();
  const sql = `select i.id, i.inviter_name as "inviterName", i.message, i.locale, i.landing_client_id as "landingClientId", i.reminders,
      i.campaign_id as "campaignId", i.replaces_id as "replacesId",
      (select n.id from guestlist.invitation n where n.replaces_id = i.id) as "replacedById",
      (select count(*)::int from guestlist.approval a
        where a.invitation_id = i.id and a.decision is null and a.lapses_at > :now) as "waitingCount",
      i.confirmed_at is null and exists (select from guestlist.invitation_grant g
        where g.invitation_id = i.id and g.group_id is not null and guestlist.group_is_sensitive(g.group_id)) as "awaitsConfirmation"
    from guestlist.invitation i where i.id = any(:ids)`;
  return new Map((await rows<InvitationDetail>(db, sql, { ids, now })).map((row) => [row.id, row]));
}

export type TokenRow = {
  readonly id: string;
  readonly channel: 'mail' | 'link';
  readonly createdAt: Date;
  readonly supersededAt: Date | null;
};

/** The newest first; of the secret there is nothing. */
export async function listTokens(db: Queryable, invitationId: string): Promise<TokenRow[]> {
  const sql = `select id, channel, created_at as "createdAt", superseded_at as "supersededAt"
    from guestlist.invitation_token where invitation_id = :invitationId order by id desc limit 1000`;
  return rows(db, sql, { invitationId });
}

export type RedemptionRow = { readonly accountId: string; readonly redeemedAt: Date; readonly accountCreated: boolean };
export type RedemptionKey = { readonly redeemedAt: Date; readonly accountId: string };

/** The first first. */
export async function listRedemptionPage(
  db: Queryable,
  { invitationId, after, limit }: { readonly invitationId: string; readonly after: RedemptionKey | undefined; readonly limit: number },
): Promise<RedemptionRow[]> {
  const sql = `select account_id as "accountId", redeemed_at as "redeemedAt", account_created as "accountCreated"
    from guestlist.redemption where invitation_id = :invitationId
      and (:redeemedAt::timestamptz is null or (redeemed_at, account_id) > (:redeemedAt::timestamptz, :accountId))
    order by redeemed_at, account_id limit :limit`;
  return rows(db, sql, { invitationId, redeemedAt: after?.redeemedAt ?? null, accountId: after?.accountId ?? '', limit });
}

type Noting = {
  readonly campaignId: string | undefined;
  readonly sight: Sight;
  readonly before: string | undefined;
  readonly looks: number;
};

/** Personal invitations of which anything was noted, newest first: of so many that are looked at. */
export async function seekNoted(db: Queryable, { campaignId, sight, before, looks }: Noting): Promise<Sought> {
  const noted = (from: string) => `(select distinct invitation_id as id from guestlist.${from} and ${onward('invitation_id')} ${newest})`;
  const source =
    campaignId === undefined
      ? `select id from (${noted('attempt where true')} union ${noted('pin_try where right_at is null')}) noted ${newest}`
      : `select id from guestlist.invitation where campaign_id = :campaignId and ${onward('id')} ${newest}`;
  const sql = `with seen as materialized (${source})
    select array(select i.id from seen join guestlist.invitation i on i.id = seen.id
        where i.max_uses = 1 and ${isInSight(sight)} order by i.id desc) as ids,
      (select case when count(*) = :looks then min(id) end from seen) as reached`;
  const bindings = { ...sightBindings(sight), campaignId: campaignId ?? null, before: before ?? null, afterId: null, looks };
  const { ids = [], reached = null } = (await firstRow<SoughtRow>(db, sql, bindings)) ?? {};
  return { ids, reached: reached ?? undefined };
}

export type PersonRow = { readonly id: string; readonly name: string; readonly email: string | null };

export async function findNames(db: Queryable, ids: readonly string[]): Promise<ReadonlyMap<string, PersonRow>> {
  if (ids.length === 0) return new Map();
  const sql = `select a.id, a.name, e.email from guestlist.account a
    left join guestlist.account_email e on e.account_id = a.id and e.primary_since is not null where a.id = any(:ids)`;
  return new Map((await rows<PersonRow>(db, sql, { ids: [...new Set(ids)] })).map((row) => [row.id, row]));
}

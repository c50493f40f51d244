/** Every SQL statement that lists what an account is signed in to, and in which browser that began. */
import { execute, type Queryable, rows } from '../lib/db.ts';
import type { AppAccess, OwnSession } from '../portal/sign-ins.ts';
import { sessionSeconds } from './lifetimes.ts';

type SessionRow = Omit<OwnSession, 'browser' | 'system'> & { readonly browser: string | null; readonly system: string | null };

/** A session lasts from when it was last used: its end says when that was. Two rows of one session are one. */
export async function listSessions(db: Queryable, accountId: string, now: Date): Promise<OwnSession[]> {
  const sql = `
    select s.uid, b.browser, b.system, to_timestamp(max(cast(s.payload ->> 'loginTs' as double precision))) as since,
      to_timestamp(max(cast(s.payload ->> 'exp' as double precision)) - :sessionSeconds) as "seenAt"
    from guestlist.oidc_payload s left join guestlist.session_browser b on b.session_uid = s.uid
    where s.kind = 'Session' and s.payload ->> 'accountId' = :accountId and s.uid is not null and s.expires_at > :now
      and not exists (select from guestlist.oidc_payload ended where ended.kind = 'EndedSession' and ended.id = s.uid)
    group by s.uid, b.browser, b.system order by "seenAt" desc, s.uid`;
  const found = await rows<SessionRow>(db, sql, { accountId, now, sessionSeconds });
  return found.map(({ browser, system, ...session }) => ({ ...session, browser: browser ?? undefined, system: system ?? undefined }));
}

type GrantRow = {
  readonly clientId: string;
  readonly name: string;
  readonly since: Date;
  readonly openid: readonly { readonly scope?: string; readonly claims?: readonly string[] }[];
  readonly resources: readonly Readonly<Record<string, string>>[];
};

const isGood = `consent.kind = 'Grant' and consent.payload ->> 'accountId' = :accountId
      and (consent.expires_at is null or consent.expires_at > :now)`;

/** Of every session together. */
export async function listGrants(db: Queryable, accountId: string, now: Date): Promise<AppAccess[]> {
  const sql = `
    select c.id as "clientId", c.name, to_timestamp(min(cast(consent.payload ->> 'iat' as double precision))) as since,
      json_agg(coalesce(consent.payload -> 'openid', '{}')) as openid, json_agg(coalesce(consent.payload -> 'resources', '{}')) as resources
    from guestlist.oidc_payload consent join guestlist.client c on c.id = consent.payload ->> 'clientId'
    where ${isGood} group by c.id order by c.name, c.id`;
  return (await rows<GrantRow>(db, sql, { accountId, now })).map(toAccess);
}

function toAccess({ clientId, name, since, openid, resources }: GrantRow): AppAccess {
  const scopesOf = new Map<string, Set<string>>();
  for (const [resource, scopes] of resources.flatMap((one) => Object.entries(one)))
    scopesOf.set(resource, new Set([...(scopesOf.get(resource) ?? []), ...scopes.split(' ')]));
  return {
    ...{ clientId, name, since },
    scopes: [...new Set(openid.flatMap(({ scope = '' }) => scope.split(' ')))].filter(Boolean),
    claims: [...new Set(openid.flatMap(({ claims = [] }) => claims))],
    resources: [...scopesOf].map(([resource, scopes]) => ({ resource, scopes: [...scopes].filter(Boolean) })),
  };
}

export async function hasGrant(
  db: Queryable,
  which: { readonly accountId: string; readonly clientId: string; readonly now: Date },
): Promise<boolean> {
  const sql = `select from guestlist.oidc_payload consent where ${isGood} and consent.payload ->> 'clientId' = :clientId limit 1`;
  return (await execute(db, sql, which)) === 1;
}

export type BrowserNote = {
  readonly uid: string;
  readonly accountId: string;
  readonly browser: string | undefined;
  readonly system: string | undefined;
  readonly now: Date;
};

export async function noteBrowser(db: Queryable, { browser, system, ...note }: BrowserNote): Promise<void> {
  const sql = `insert into guestlist.session_browser as known (session_uid, account_id, browser, system, noted_at)
    values (:uid, :accountId, :browser, :system, :now)
    on conflict (session_uid) do update set account_id = excluded.account_id, browser = excluded.browser,
      system = excluded.system, noted_at = excluded.noted_at`;
  await execute(db, sql, { ...note, browser: browser ?? null, system: system ?? null });
}

/** Of sessions that are over. A new one may not be stored yet. */
export async function forgetBrowsers(db: Queryable, before: Date): Promise<void> {
  const sql = `delete from guestlist.session_browser b where b.noted_at < :before
    and not exists (select from guestlist.oidc_payload s where s.kind = 'Session' and s.uid = b.session_uid)`;
  await execute(db, sql, { before });
}

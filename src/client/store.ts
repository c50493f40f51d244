/** Every SQL statement about relying apps; `secret-store.ts` has their secrets. */
import { Failure } from '../errors.ts';
import type { HostApp } from '../invitation/host.ts';
import { execute, firstRow, type Queryable, rows, violates } from '../lib/db.ts';
import type { Client } from './client.ts';

type Optional =
  | 'jwks'
  | 'jwksUri'
  | 'initiateLoginUri'
  | 'backchannelLogoutUri'
  | 'startUrl'
  | 'requiredGroup'
  | 'withoutPkce'
  | 'mappings'
  | 'preset'
  | 'registeredBy';

type ClientRow = Omit<Client, Optional | 'lifetimes'> & { readonly [Name in Optional]: Client[Name] | null } & {
  readonly idTokenSeconds: number | null;
  readonly accessTokenSeconds: number | null;
  readonly refreshTokenSeconds: number | null;
};

const columns = `
    c.id, c.name, c.auth_method as "authMethod", c.jwks, c.jwks_uri as "jwksUri", c.redirect_uris as "redirectUris",
    c.post_logout_redirect_uris as "postLogoutRedirectUris", c.initiate_login_uri as "initiateLoginUri",
    c.backchannel_logout_uri as "backchannelLogoutUri", c.start_url as "startUrl", c.resources, c.scope,
    c.grant_types as "grantTypes", c.signing_alg as "signingAlg", c.first_party as "firstParty", g.slug as "requiredGroup",
    c.without_pkce as "withoutPkce", c.pairwise, c.id_token_seconds as "idTokenSeconds", c.access_token_seconds as "accessTokenSeconds",
    c.refresh_token_seconds as "refreshTokenSeconds", c.claim_mappings as mappings, c.preset, c.registered_by as "registeredBy",
    c.created_at as "createdAt",
    array(select a.slug from guestlist.client_group cg join guestlist."group" a on a.id = cg.group_id
      where cg.client_id = c.id order by a.slug) as "attachedGroups"`;

const source = 'from guestlist.client c left join guestlist."group" g on g.id = c.required_group_id';
const select = `select ${columns} ${source}`;

function toClient({ idTokenSeconds, accessTokenSeconds, refreshTokenSeconds, ...row }: ClientRow): Client {
  return {
    ...row,
    jwks: row.jwks ?? undefined,
    jwksUri: row.jwksUri ?? undefined,
    initiateLoginUri: row.initiateLoginUri ?? undefined,
    backchannelLogoutUri: row.backchannelLogoutUri ?? undefined,
    startUrl: row.startUrl ?? undefined,
    requiredGroup: row.requiredGroup ?? undefined,
    withoutPkce: row.withoutPkce ?? undefined,
    mappings: row.mappings ?? undefined,
    preset: row.preset ?? undefined,
    registeredBy: row.registeredBy ?? undefined,
    lifetimes: {
      idTokenSeconds: idTokenSeconds ?? undefined,
      accessTokenSeconds: accessTokenSeconds ?? undefined,
      refreshTokenSeconds: refreshTokenSeconds ?? undefined,
    },
  };
}

const columnsAndValues: Readonly<Record<string, string>> = {
  name: ':name',
  auth_method: ':authMethod',
  jwks: 'cast(:jwks as jsonb)',
  jwks_uri: ':jwksUri',
  redirect_uris: ':redirectUris',
  post_logout_redirect_uris: ':postLogoutRedirectUris',
  initiate_login_uri: ':initiateLoginUri',
  backchannel_logout_uri: ':backchannelLogoutUri',
  start_url: ':startUrl',
  resources: ':resources',
  scope: ':scope',
  grant_types: ':grantTypes',
  signing_alg: ':signingAlg',
  first_party: ':firstParty',
  required_group_id: '(select id from guestlist."group" where slug = :requiredGroup)',
  without_pkce: ':withoutPkce',
  pairwise: ':pairwise',
  id_token_seconds: ':idTokenSeconds',
  access_token_seconds: ':accessTokenSeconds',
  refresh_token_seconds: ':refreshTokenSeconds',
  claim_mappings: 'cast(:mappings as jsonb)',
  preset: ':preset',
  registered_by: ':registeredBy',
};

function bindingsOf({ lifetimes, attachedGroups: _, jwks, mappings, ...client }: Client) {
  return {
    ...client,
    ...{ redirectUris: [...client.redirectUris], postLogoutRedirectUris: [...client.postLogoutRedirectUris] },
    ...{ resources: [...client.resources], grantTypes: [...client.grantTypes] },
    jwks: jwks ? JSON.stringify(jwks) : null,
    mappings: mappings ? JSON.stringify(mappings) : null,
    jwksUri: client.jwksUri ?? null,
    initiateLoginUri: client.initiateLoginUri ?? null,
    backchannelLogoutUri: client.backchannelLogoutUri ?? null,
    startUrl: client.startUrl ?? null,
    requiredGroup: client.requiredGroup ?? null,
    withoutPkce: client.withoutPkce ?? null,
    preset: client.preset ?? null,
    registeredBy: client.registeredBy ?? null,
    idTokenSeconds: lifetimes.idTokenSeconds ?? null,
    accessTokenSeconds: lifetimes.accessTokenSeconds ?? null,
    refreshTokenSeconds: lifetimes.refreshTokenSeconds ?? null,
  };
}

/** Groups must exist: see `manage.ts`. Throws `client_exists`. */
export async function insertClient(db: Queryable, client: Client): Promise<void> {
  const sql = `insert into guestlist.client (id, created_at, ${Object.keys(columnsAndValues).join(', ')})
    values (:id, :createdAt, ${Object.values(columnsAndValues).join(', ')})`;
  try {
    await execute(db, sql, bindingsOf(client));
  } catch (error) {
    if (violates(error, 'client_pkey')) throw new Failure('client_exists', { clientId: client.id });
    throw error;
  }
  await attachGroups(db, client);
}

/** Changes everything but the id. */
export async function updateClient(db: Queryable, client: Client, now: Date): Promise<void> {
  const changes = Object.entries(columnsAndValues).map(([column, value]) => `${column} = ${value}`);
  await execute(db, `update guestlist.client set ${changes.join(', ')}, changed_at = :now where id = :id`, { ...bindingsOf(client), now });
  await execute(db, 'delete from guestlist.client_group where client_id = :id', { id: client.id });
  await attachGroups(db, client);
}

async function attachGroups(db: Queryable, { id, attachedGroups }: Client): Promise<void> {
  if (attachedGroups.length === 0) return;
  const sql = `insert into guestlist.client_group (client_id, group_id) select :id, g.id from guestlist."group" g where g.slug = any(:slugs)`;
  await execute(db, sql, { id, slugs: [...attachedGroups] });
}

export async function findClient(db: Queryable, id: string): Promise<Client | undefined> {
  const row = await firstRow<ClientRow>(db, `${select} where c.id = :id`, { id });
  return row && toClient(row);
}

export type ClientAndSecret = { readonly client: Client; readonly sealed: Buffer | undefined };

/** With the newest of its secrets that are good at `now`; in one statement, since every request asks. */
export async function findClientAndSecret(db: Queryable, id: string, now: Date): Promise<ClientAndSecret | undefined> {
  const sql = `select ${columns}, (select s.sealed from guestlist.client_secret s
      where s.client_id = c.id and (s.ends_at is null or s.ends_at > :now) order by s.created_at desc, s.id desc limit 1) as sealed
    ${source} where c.id = :id`;
  const found = await firstRow<ClientRow & { readonly sealed: Buffer | null }>(db, sql, { id, now });
  if (!found) return undefined;
  const { sealed, ...row } = found;
  return { client: toClient(row), sealed: sealed ?? undefined };
}

/** Until the transaction ends, nobody else changes it. */
export async function lockClient(db: Queryable, id: string): Promise<Client | undefined> {
  await execute(db, 'select from guestlist.client where id = :id for update', { id });
  return findClient(db, id);
}

/** The first made first. */
export async function listClients(db: Queryable): Promise<Client[]> {
  return (await rows<ClientRow>(db, `${select} order by c.created_at, c.id`)).map(toClient);
}

/**
 * False: there was none. Its secrets go with it, the token by which it changes itself, and what people allowed it, with
 * all tokens: the next app of this id is not the same.
 */
export async function deleteClient(db: Queryable, id: string): Promise<boolean> {
  const isDeleted = (await execute(db, 'delete from guestlist.client where id = :id', { id })) === 1;
  const ofManagement = `delete from guestlist.oidc_payload where kind = 'RegistrationAccessToken' and payload ->> 'clientId' = :id`;
  await execute(db, ofManagement, { id });
  const allowed = `
    with consent as (
      delete from guestlist.oidc_payload where kind = 'Grant' and payload ->> 'clientId' = :id returning id),
    doomed as materialized (
      select kind, id from guestlist.oidc_payload where grant_id in (select id from consent) order by kind, id for update)
    delete from guestlist.oidc_payload token using doomed where token.kind = doomed.kind and token.id = doomed.id`;
  await execute(db, allowed, { id });
  return isDeleted;
}

/** Apps that can start a sign-in themselves, the first made first. Whoever registered themselves are offered to nobody. */
export async function listApps(db: Queryable): Promise<HostApp[]> {
  return rows(
    db,
    `
    select id as "clientId", name, initiate_login_uri as "initiateLoginUri" from guestlist.client
    where initiate_login_uri is not null and registered_by is null order by created_at, id limit 20`,
  );
}

/** Ids of the groups that are attached to it. */
export async function findAttachedGroupIds(db: Queryable, clientId: string): Promise<string[]> {
  const sql = 'select group_id as id from guestlist.client_group where client_id = :clientId';
  return (await rows<{ id: string }>(db, sql, { clientId })).map(({ id }) => id);
}

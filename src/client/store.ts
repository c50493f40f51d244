/** Every SQL statement about relying apps. */
import { Failure } from '../errors.ts';
import type { HostApp } from '../invitation/host.ts';
import { execute, firstRow, type Queryable, rows, violates } from '../lib/db.ts';
import type { Client } from './client.ts';

type ClientRow = Omit<Client, 'secretSealed' | 'initiateLoginUri' | 'backchannelLogoutUri'> & {
  readonly secretSealed: Buffer | null;
  readonly initiateLoginUri: string | null;
  readonly backchannelLogoutUri: string | null;
};

const columns = `id, name, secret_sealed as "secretSealed", redirect_uris as "redirectUris",
  post_logout_redirect_uris as "postLogoutRedirectUris", initiate_login_uri as "initiateLoginUri",
  backchannel_logout_uri as "backchannelLogoutUri", resources, scope, first_party as "firstParty", created_at as "createdAt"`;

function toClient(row: ClientRow): Client {
  return {
    ...row,
    secretSealed: row.secretSealed ?? undefined,
    initiateLoginUri: row.initiateLoginUri ?? undefined,
    backchannelLogoutUri: row.backchannelLogoutUri ?? undefined,
  };
}

function toBindings(client: Client) {
  return {
    ...client,
    secretSealed: client.secretSealed ?? null,
    initiateLoginUri: client.initiateLoginUri ?? null,
    backchannelLogoutUri: client.backchannelLogoutUri ?? null,
  };
}

/** Throws `client_exists`. */
export async function insertClient(db: Queryable, client: Client): Promise<void> {
  const sql = `
    insert into guestlist.client (id, name, secret_sealed, redirect_uris, post_logout_redirect_uris, initiate_login_uri,
      backchannel_logout_uri, resources, scope, first_party, created_at)
    values (:id, :name, :secretSealed, :redirectUris, :postLogoutRedirectUris, :initiateLoginUri,
      :backchannelLogoutUri, :resources, :scope, :firstParty, :createdAt)`;
  try {
    await execute(db, sql, toBindings(client));
  } catch (error) {
    if (violates(error, 'client_pkey')) throw new Failure('client_exists', { clientId: client.id });
    throw error;
  }
}

/** Changes everything but the id and the secret. */
export async function updateClient(db: Queryable, client: Client): Promise<void> {
  await execute(
    db,
    `
    update guestlist.client set name = :name, redirect_uris = :redirectUris, post_logout_redirect_uris = :postLogoutRedirectUris,
      initiate_login_uri = :initiateLoginUri, backchannel_logout_uri = :backchannelLogoutUri, resources = :resources,
      scope = :scope, first_party = :firstParty
    where id = :id`,
    toBindings(client),
  );
}

export async function findClient(db: Queryable, id: string): Promise<Client | undefined> {
  const row = await firstRow<ClientRow>(db, `select ${columns} from guestlist.client where id = :id`, { id });
  return row && toClient(row);
}

/** Apps that can start a sign-in themselves, the first made first. */
export async function listApps(db: Queryable): Promise<HostApp[]> {
  return rows(
    db,
    `
    select id as "clientId", name, initiate_login_uri as "initiateLoginUri" from guestlist.client
    where initiate_login_uri is not null order by created_at, id limit 20`,
  );
}

/**
 * Relying apps as the provider finds them, anew for each request: a change is heard of by every process at once. The
 * provider knows one secret of a client; the others that are good are compared here.
 */
import { timingSafeEqual } from 'node:crypto';
import type Provider from 'oidc-provider';
import type { ClientMetadata } from 'oidc-provider';
import { ownPagesClientId } from '../account/sessions.ts';
import { type Client, hasSecret } from '../client/client.ts';
import { consoleClientId } from '../client/console-client.ts';
import { toMetadata } from '../client/metadata.ts';
import { openClientSecret } from '../client/secret.ts';
import { listSecrets } from '../client/secret-store.ts';
import { findClientAndSecret } from '../client/store.ts';
import { frontDoorClientId } from '../invitation/front-door.ts';
import type { Clock } from '../lib/clock.ts';
import type { Database } from '../lib/db.ts';
import { sha256 } from '../lib/digest.ts';
import type { Seal } from '../lib/seal.ts';
import { complaintAbout } from './client-check.ts';

export type ClientArguments = { readonly database: Database; readonly seal: Seal; readonly clock: Clock };

/** For the adapter. Undefined: no such client, or none that could prove who it is. */
export function createFindMetadata({ database, seal, clock }: ClientArguments) {
  return async (clientId: string): Promise<ClientMetadata | undefined> => {
    const { client, sealed } = (await findClientAndSecret(database, clientId, clock())) ?? {};
    if (!client || !hasSecret(client)) return client && toMetadata(client, undefined);
    return sealed && toMetadata(client, openClientSecret(seal, clientId, { sealed }));
  };
}

/** As oidc-provider has it; its types do not say so. */
type SecretClient = { readonly clientId: string; compareClientSecret(actual: string): boolean | Promise<boolean> };

/** Whoever comes with a secret that is good, though it is not the newest, is who they say they are. */
export function acceptEverySecret(provider: Provider, { database, seal, clock }: ClientArguments): void {
  const prototype = provider.Client.prototype as unknown as SecretClient;
  const compareNewest = prototype.compareClientSecret;
  prototype.compareClientSecret = async function compare(this: SecretClient, actual: string) {
    if (await compareNewest.call(this, actual)) return true;
    const [, ...others] = await listSecrets(database, this.clientId, clock());
    return others.some((other) => isSame(openClientSecret(seal, this.clientId, other), actual));
  };
}

function isSame(secret: string, actual: string): boolean {
  return timingSafeEqual(sha256(secret), sha256(actual));
}

/** Apps of the server itself, which the provider finds before any other of that id. */
const ownClientIds: readonly string[] = [frontDoorClientId, ownPagesClientId, consoleClientId];

/** For `client/manage.ts`. */
export function createComplaintAbout(issuer: string): (client: Client) => string | undefined {
  return (client) => {
    if (ownClientIds.includes(client.id)) return 'client_id is that of an app of the server itself';
    return complaintAbout(toMetadata(client, hasSecret(client) ? 'a placeholder as long as a secret' : undefined), issuer);
  };
}

/** The admin console as an app of this server: first-party, and without a secret, for the server's own process is its only instance. */
import type { ClientMetadata } from 'oidc-provider';
import { ownUrl } from '../invitation/host.ts';

export const consoleClientId = 'guestlist-console';
export const consoleScope = 'openid profile email groups roles entitlements';
export const consoleCallbackPath = '/admin/callback';

/** Asks nobody for consent. */
export function consoleClient(issuer: string): ClientMetadata {
  return {
    client_id: consoleClientId,
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code'],
    response_types: ['code'],
    redirect_uris: [ownUrl(issuer, consoleCallbackPath)],
    scope: consoleScope,
    require_auth_time: true,
    first_party: true,
  };
}

/** Would the provider accept this client? Asked when one is registered, not when the first person fails to sign in. */
import { generateKeyPairSync } from 'node:crypto';
import Provider, { type Adapter, type Client, type ClientMetadata, errors } from 'oidc-provider';
import { authMethods, signingAlgorithms, userScopes } from '../client/client.ts';
import { extraClientMetadata } from './provider.ts';

/** The provider's complaint about the metadata (RFC 7591 §3.2.2), or undefined. */
export function complaintAbout(metadata: ClientMetadata, issuer: string): string | undefined {
  const provider = throwawayProvider(issuer);
  // Left out of the provider's types: its own way of reading a client.
  const ProviderClient = provider.Client as unknown as new (metadata: ClientMetadata) => Client;
  try {
    new ProviderClient(metadata);
    return undefined;
  } catch (error) {
    if (error instanceof errors.InvalidClientMetadata) return error.error_description;
    throw error;
  }
}

function throwawayProvider(issuer: string): Provider {
  const pairs = [
    generateKeyPairSync('rsa', { modulusLength: 2048 }),
    generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    generateKeyPairSync('ed25519'),
  ];
  return new Provider(issuer, {
    adapter: () => ({}) as Adapter,
    jwks: { keys: pairs.map(({ privateKey }) => ({ ...privateKey.export({ format: 'jwk' }), use: 'sig' })) },
    enabledJWA: { idTokenSigningAlgValues: [...signingAlgorithms] },
    extraClientMetadata,
    clientAuthMethods: [...authMethods],
    subjectTypes: ['public', 'pairwise'],
    pairwiseIdentifier: () => 'somebody',
    scopes: [...userScopes],
    features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true }, clientCredentials: { enabled: true } },
  });
}

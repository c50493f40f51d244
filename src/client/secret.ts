/**
 * Secrets of clients. The provider compares them, so that they can be opened; they rest sealed. Several are good at the
 * same time: an app is given the next one before the last one ends.
 */
import type { Random } from '../lib/random.ts';
import type { Seal } from '../lib/seal.ts';

export type ClientSecret = {
  readonly id: string;
  readonly sealed: Buffer;
  readonly createdAt: Date;
  /** Undefined: until somebody ends it. */
  readonly endsAt: Date | undefined;
};

/** 256 bits; letters and digits only, since some apps forget to encode the rest for `client_secret_basic`. */
export function mintClientSecret(random: Random): string {
  return random(32).toString('hex');
}

export function sealClientSecret(seal: Seal, clientId: string, secret: string): Buffer {
  return seal.seal(secret, `client:${clientId}`);
}

export function openClientSecret(seal: Seal, clientId: string, { sealed }: Pick<ClientSecret, 'sealed'>): string {
  return seal.open(sealed, `client:${clientId}`).toString();
}

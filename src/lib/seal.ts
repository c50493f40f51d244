/**
 * Small secrets at rest: AES-256-GCM under a key that comes from the operator's secret. Owns the sealed format and
 * the derivation of keys; does not know what is sealed, nor whether the secret is long enough.
 */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import type { Random } from './random.ts';

export type Seal = {
  /** `context` says where the sealed value lives, such as `server_key:<id>`: it opens nowhere else. */
  seal(plain: string | Buffer, context: string): Buffer;
  /** Throws `SealBroken`. */
  open(sealed: Buffer, context: string): Buffer;
};

/** The secret is not the one it was sealed with, or the bytes or their place have changed: these look the same. */
export class SealBroken extends Error {
  constructor(context: string) {
    super(`the sealed value ${context} does not open`);
    this.name = 'SealBroken';
  }
}

const version = 1;
const nonceBytes = 12;
const tagBytes = 16;
const headBytes = 1 + nonceBytes + tagBytes;

/** 32 bytes by HKDF-SHA256 (RFC 5869); every purpose has its own key. */
export function deriveKey(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `guestlist ${purpose} v1`, 32));
}

/** Sealed: version (1 byte), nonce (12), tag (16), ciphertext. The nonce is random, NIST SP 800-38D §8.2.2. */
export function createSeal(secret: string, random: Random): Seal {
  const key = deriveKey(secret, 'seal');
  return {
    seal(plain, context) {
      const nonce = random(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(context));
      const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([Buffer.of(version), nonce, cipher.getAuthTag(), ciphertext]);
    },
    open(sealed, context) {
      if (sealed.length < headBytes || sealed[0] !== version) throw new SealBroken(context);
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 1 + nonceBytes), { authTagLength: tagBytes });
      decipher.setAAD(Buffer.from(context)).setAuthTag(sealed.subarray(1 + nonceBytes, headBytes));
      const plain = decipher.update(sealed.subarray(headBytes));
      try {
        return Buffer.concat([plain, decipher.final()]);
      } catch {
        throw new SealBroken(context);
      }
    },
  };
}

/** SHA-256 and comparison of secrets: leaves used wherever a secret is looked up by its digest. */
import { createHash } from 'node:crypto';

export function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

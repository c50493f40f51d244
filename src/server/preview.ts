/** A preview as our own server issues it, see `oidc/preview.ts`. */
import { type Preview, type PreviewWish, previewTokens } from '../oidc/preview.ts';
import { createGuestlist, type ServerGuestlistOptions } from './guestlist.ts';

type Tools = Pick<ServerGuestlistOptions, 'database' | 'issuer' | 'clock' | 'random'> & { readonly secret: string };

export async function previewFor({ database, issuer, secret, clock, random }: Tools, wish: PreviewWish): Promise<Preview> {
  const tools = { database, issuer, secret, clock, random };
  return previewTokens({ ...tools, configure: createGuestlist(tools).configure }, wish);
}

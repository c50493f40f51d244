/** Where somebody without an invitation can ask for one. */
import { ownPath } from '../invitation/host.ts';
import type { Guestlist } from '../plugin.ts';

type Place = { readonly issuer: string; readonly guestlist: Pick<Guestlist, 'requests'> };

/** For one group, or for any; `app`: the client that they came from. Undefined: nobody can ask there. */
export async function askHref(
  { issuer, guestlist }: Place,
  { group, app }: { readonly group?: string; readonly app?: string } = {},
): Promise<string | undefined> {
  const desks = await guestlist.requests.list();
  if (!desks.some(({ slug, isOpen }) => isOpen && (group === undefined || slug === group))) return undefined;
  const query = app === undefined ? '' : `?${new URLSearchParams({ app })}`;
  return ownPath(issuer, `/invite/request${group === undefined ? '' : `/${group}`}${query}`);
}

/** What the tests of the plugin's interface share: a guestlist on a database of its own, and a visit to an invitation. */
import Provider from 'oidc-provider';
import { type Guestlist, type GuestlistOptions, invitations } from '../../src/index.ts';
import { type Visit, visitOf } from '../../src/invitation/visit.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { Database } from '../../src/lib/db.ts';
import { openSocket } from '../support/server.ts';

export const issuer = 'http://localhost:3999';
const personOf: GuestlistOptions['person'] = async (id) => ({
  name: `Person ${id}`,
  email: `${id}@example.org`,
  emailVerified: false,
});
export const asAccount = (accountId: string) => ({ redeemer: { accountId } });

export function makeOn(database: Database, more: Partial<GuestlistOptions> = {}): Guestlist {
  return invitations({ database, issuer, person: personOf, ...more });
}

/** A visit as a browser that opened the link would hold it. */
export async function visitTo(database: Database, token: string): Promise<Visit> {
  const socket = await openSocket();
  const guestlist = makeOn(database);
  const provider = new Provider(
    issuer,
    guestlist.configure({ cookies: { keys: ['k'] }, features: { devInteractions: { enabled: false } } }),
  );
  guestlist.mount(provider);
  socket.serve(provider.callback());
  const answer = await fetch(`http://localhost:${socket.port}/invite/${token}`, { redirect: 'manual' });
  await socket.close();
  const handle = /guestlist_visit=([\w-]+)/.exec(answer.headers.get('set-cookie') ?? '')?.[1];
  const visit = await visitOf(database, handle, systemClock());
  if (!visit) throw new Error('no visit');
  return visit;
}

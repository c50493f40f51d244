/** The first admin comes in by an invitation like everybody: one hour, once. No server has a default account. */
import { adminRight } from '../group/policy.ts';
import { countHolders } from '../group/membership-store.ts';
import { ensureRight } from '../group/store.ts';
import { addSeconds, type Clock } from '../lib/clock.ts';
import type { Database } from '../lib/db.ts';
import type { Guestlist } from '../plugin.ts';

const lifetimeSeconds = 60 * 60;

type Bootstrap = { readonly database: Database; readonly clock: Clock };

export async function hasAdmin({ database, clock }: Bootstrap): Promise<boolean> {
  return (await countHolders(database, adminRight, clock())) > 0;
}

export async function inviteAdmin(guestlist: Pick<Guestlist, 'invite'>, { database, clock }: Bootstrap) {
  const now = clock();
  await ensureRight(database, { name: adminRight, description: 'Run this server', createdAt: now });
  return guestlist.invite({ rights: [adminRight], expiresAt: addSeconds(now, lifetimeSeconds), label: 'first admin' });
}

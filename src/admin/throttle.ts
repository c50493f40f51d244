/** How often the admin API may be called by one app for one person. */
import type { Database } from '../lib/db.ts';
import { type CountingThrottle, createThrottle } from '../lib/throttle.ts';

export function createAdminThrottle(database: Database): CountingThrottle {
  return createThrottle(database, { name: 'admin_call', points: 1_200, perSeconds: 60 });
}

/** How often apps may call for one account, all of them together. */
import type { Database } from '../lib/db.ts';
import { createThrottle, type Throttle } from '../lib/throttle.ts';

export function createCallThrottle(database: Database): Throttle {
  return createThrottle(database, { name: 'api_call', points: 120, perSeconds: 60 });
}

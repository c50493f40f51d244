/** The plugin as our own server has it, for the pages and for the command line alike. */
import { acrValues, passwordAcr } from '../account/account.ts';
import { createConfirmEmail, findAccountOfEmail, findPeople, findPerson, saveAccountLocale } from '../account/find-account.ts';
import { listApps } from '../client/store.ts';
import type { GuestlistOptions } from '../invitation/create-host.ts';
import { liveOptionsOf, type LiveSettings } from '../setting/live.ts';
import type { Clock } from '../lib/clock.ts';
import type { Random } from '../lib/random.ts';
import { createPlugin, type Guestlist } from '../plugin.ts';

export type ServerGuestlistOptions = Pick<
  GuestlistOptions,
  'database' | 'issuer' | 'secret' | 'brand' | 'terms' | 'support' | 'registration' | 'newcomersProveEmail'
> & {
  readonly clock: Clock;
  readonly random: Random;
  /** Instead of `brand`, `terms` and `support`. */
  readonly settings?: LiveSettings | undefined;
};

export function createGuestlist(options: ServerGuestlistOptions): Guestlist {
  const { database, issuer, secret, brand, terms, support, registration, newcomersProveEmail, clock, random, settings } = options;
  return createPlugin({
    database,
    issuer,
    secret,
    terms,
    support,
    live: settings && liveOptionsOf(settings),
    clock,
    random,
    ...(brand === undefined ? {} : { brand }),
    ...(registration === undefined ? {} : { registration }),
    ...(newcomersProveEmail === undefined ? {} : { newcomersProveEmail }),
    person: findPerson,
    people: findPeople,
    accountOf: findAccountOfEmail,
    confirmEmail: createConfirmEmail({ clock, random }),
    saveLocale: saveAccountLocale,
    acrValues,
    acrOfNewcomer: passwordAcr,
    apps: listApps,
    // By the mappings of each app, see `oidc/claims.ts`.
    tellsGroups: false,
  });
}

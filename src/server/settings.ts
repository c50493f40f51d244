/** Settings as this server has them: what the environment says, and what was stored since. */
import type { AdminSite } from '../admin/site.ts';
import { createLiveSettings, type LiveSettings } from '../setting/live.ts';
import type { AppOptions } from './app.ts';

/** What the environment says stands where nothing was stored. */
export function settingsFor(options: Pick<AppOptions, 'database' | 'clock' | 'brand' | 'terms' | 'support' | 'log'>): LiveSettings {
  const { database, clock, brand, terms, support, log } = options;
  const defaults = { brand, support, terms: terms?.terms, privacy: terms?.privacy };
  return createLiveSettings({ database, clock, defaults, onError: (error) => log.warn({ error }, 'the settings could not be read again') });
}

/** What only the environment says. */
export function factsOf({
  smtp,
  registration = 'invited',
  clientRegistration = 'off',
  keyRotationDays = 0,
}: AppOptions): AdminSite['facts'] {
  return { mailFrom: smtp?.from, mailHost: smtp && new URL(smtp.url).hostname, registration, clientRegistration, keyRotationDays };
}

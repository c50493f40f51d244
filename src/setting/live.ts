/**
 * Settings as a process knows them: read again by whoever has something to answer, when they are some seconds old. So every
 * process hears of a change without a restart, no page waits for the database twice, and one that is away changes nothing.
 */
import type { Look } from '../lib/page.ts';
import type { Clock } from '../lib/clock.ts';
import type { Database, Queryable } from '../lib/db.ts';
import { accentsOf, stylesheetOf } from './colour.ts';
import { type SettingDefaults, type Settings, settingsOf } from './setting.ts';
import { listStored, type StoredSetting } from './store.ts';

/** Every process hears of a change within them. */
export const freshSeconds = 5;

export type LiveSettings = {
  readonly defaults: SettingDefaults;
  /** As they were read last. */
  current(): Settings;
  /** Reads them again if they are old. Never rejects: those that are known stay. */
  refresh(): Promise<void>;
  /** Reads them now, perhaps from within a transaction. */
  read(db: Queryable): Promise<readonly StoredSetting[]>;
  /** The next one who asks reads them again. */
  forget(): void;
};

type Options = {
  readonly database: Database;
  readonly clock: Clock;
  readonly defaults: SettingDefaults;
  readonly onError?: (error: unknown) => void;
};

export function createLiveSettings({ database, clock, defaults, onError = () => undefined }: Options): LiveSettings {
  let known = settingsOf(defaults, []);
  let readAt: Date | undefined;
  let reading: Promise<void> | undefined;
  const readAgain = async (now: Date) => {
    try {
      known = settingsOf(defaults, await listStored(database));
    } catch (error) {
      onError(error);
    } finally {
      readAt = now;
      reading = undefined;
    }
  };
  return {
    defaults,
    current: () => known,
    read: (db) => listStored(db),
    refresh: async () => {
      const now = clock();
      if (readAt !== undefined && Math.abs(now.getTime() - readAt.getTime()) < freshSeconds * 1000) return;
      reading ??= readAgain(now);
      await inTime(reading);
    },
    forget: () => {
      readAt = undefined;
    },
  };
}

/** A page does not wait for settings that it can do without. */
async function inTime(reading: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, 1_000);
  await Promise.race([reading, promise]);
  clearTimeout(timer);
}

/** Where pictures and colours are, below the issuer's path. What they show is part of the address, so that nothing goes stale. */
function lookOf({ accent, accentDark, logo, language }: Settings): Look {
  const accents = accent === undefined ? undefined : accentsOf(accent, accentDark);
  return {
    accent: accents?.light,
    stylePath: accents && `/brand/style.css?v=${accents.light.slice(1)}${accents.dark.slice(1)}`,
    mark: logo && { path: `/brand/logo?v=${logo.digest}`, width: Math.round((32 * logo.width) / logo.height) },
    locale: language,
  };
}

/** For whoever shows pages: asked for with each. */
export function liveOptionsOf(settings: Pick<LiveSettings, 'current'>) {
  const { current } = settings;
  return {
    brand: () => current().brand,
    look: () => lookOf(current()),
    terms: () => ({ terms: current().terms, privacy: current().privacy }),
    support: () => current().support,
  };
}

/** Of the pages; undefined: they look as they always do. */
export function brandStylesheet({ accent, accentDark }: Settings): string | undefined {
  return accent === undefined ? undefined : stylesheetOf(accentsOf(accent, accentDark));
}

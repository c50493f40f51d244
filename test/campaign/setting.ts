/** What the tests of campaigns share: a guestlist on a database of its own with a clock to move, and campaigns of so many people. */
import { afterEach, beforeEach, expect } from 'vitest';
import type { CampaignDraft, Guestlist, GuestlistOptions } from '../../src/index.ts';
import { addSeconds, systemClock } from '../../src/lib/clock.ts';
import { makeOn } from '../plugin/making.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { assertInvariants } from '../support/invariants.ts';
import { testSecret } from '../support/mail.ts';

export type CampaignSetting = {
  own: TestDatabase;
  guestlist: Guestlist;
  now: Date;
  /** Another one on the same database. */
  make(more?: Partial<GuestlistOptions>): Guestlist;
  pass(seconds: number): void;
};

/** Made anew for each test; afterwards the database must not contradict itself. */
export function campaignSetting(): CampaignSetting {
  const setting = {
    make: (more = {}) => makeOn(setting.own.database, { secret: testSecret, clock: () => setting.now, ...more }),
    pass: (seconds) => {
      setting.now = addSeconds(setting.now, seconds);
    },
  } as CampaignSetting;
  beforeEach(async () => {
    setting.now = systemClock();
    setting.own = await createTestDatabase();
    setting.guestlist = setting.make();
    await setting.guestlist.addGroup({ slug: 'choir', name: 'Kammerchor Nord' });
  });
  afterEach(async () => {
    try {
      await assertInvariants(setting.own.database);
    } finally {
      await setting.own.drop();
    }
  });
  return setting;
}

export const addresses = (size: number) => Array.from({ length: size }, (_, index) => `p${index}@example.org`);

export const mailed = (rows: CampaignDraft['rows'], more: Partial<CampaignDraft> = {}): CampaignDraft => ({
  name: 'Spring',
  wish: { groups: ['choir'] },
  rows,
  ...more,
});

export const pasted = (size: number) => mailed({ pasted: addresses(size).join('\n') });

/** Every one of so many was invited once, by one campaign, and mailed once. */
export async function expectEveryoneOnce({ own }: Pick<CampaignSetting, 'own'>, size: number): Promise<void> {
  const { rows } = await own.database.raw(`select count(*)::int as rows, count(distinct email_key)::int as people,
    count(distinct campaign_id)::int as campaigns from guestlist.invitation`);
  expect(rows[0]).toEqual({ rows: size, people: size, campaigns: 1 });
  const mails = await own.database.raw('select count(*)::int as mails, count(distinct to_address)::int as people from guestlist.mail');
  expect(mails.rows[0]).toEqual({ mails: size, people: size });
}

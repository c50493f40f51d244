/** What the stories about policies share: a guestlist with a clock that stands still, and a group for each story. */
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import type { GroupPolicyWish, Guestlist, GuestlistOptions, InviteOptions, Issued } from '../../src/index.ts';
import { day } from '../group/policy-table.ts';
import { makeOn } from '../plugin/making.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { findContradictions } from '../support/invariants.ts';
import { testSecret } from '../support/mail.ts';

export const stage = {
  own: undefined as unknown as TestDatabase,
  guestlist: undefined as unknown as Guestlist,
  now: new Date('2030-05-01T12:00:00Z'),
  number: 0,
  /** Of the group, and of those who are in it. */
  slug: '',
  manager: '',
  member: '',
};

export const make = (more: Partial<GuestlistOptions> = {}) =>
  makeOn(stage.own.database, { secret: testSecret, clock: () => stage.now, ...more });

/** To be called once in each file. */
export function setStage(): void {
  beforeAll(async () => {
    stage.own = await createTestDatabase();
    stage.guestlist = make();
    await stage.guestlist.addRight({ name: 'guestlist:admin' });
    await stage.guestlist.grant('admin', { rights: ['guestlist:admin'] });
  });
  afterAll(async () => {
    expect(await findContradictions(stage.own.database)).toEqual([]);
    await stage.own.drop();
  });
  beforeEach(newGroup);
}

export async function newGroup(): Promise<void> {
  stage.number += 1;
  const slug = `g${stage.number}`;
  Object.assign(stage, { slug, manager: `manager-${stage.number}`, member: `member-${stage.number}` });
  await stage.guestlist.addGroup({ slug, name: `Group ${stage.number}` });
  await stage.guestlist.grant(stage.manager, { groups: [`${slug}:manager`] });
  await stage.guestlist.grant(stage.member, { groups: [slug] });
}

export const inDays = (days: number) => new Date(stage.now.getTime() + days * day * 1000);

export function by(inviterId: string, more: object = {}): Promise<Issued> {
  return stage.guestlist.invite({ groups: [stage.slug], inviterId, ...more } as InviteOptions);
}

export const setPolicy = (policy: GroupPolicyWish | null) => stage.guestlist.setPolicy(stage.slug, policy);

export const refusedFor = (rule: string, group = stage.slug) => ({ code: 'policy_refused', detail: { group, rule } });

/** On record, of this group. */
export async function refusals() {
  return stage.own
    .database('guestlist.audit_event')
    .where({ action: 'invitation.refused' })
    .whereRaw(`detail->>'group' = ?`, [stage.slug])
    .select('actor', 'subject', 'detail');
}

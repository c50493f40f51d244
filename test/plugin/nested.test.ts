/** Invitations to groups in groups: who may make them, what they give, and when a second person is needed. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Guestlist } from '../../src/index.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { findContradictions } from '../support/invariants.ts';
import { asAccount, makeOn, visitTo } from './making.ts';

let own: TestDatabase;
let guestlist: Guestlist;

/** verein ⊃ (choir ⊃ tenors, board): each with a right that has its name, and a manager. */
const parents = { verein: undefined, choir: 'verein', tenors: 'choir', board: 'verein' } as const;

beforeAll(async () => {
  own = await createTestDatabase();
  guestlist = makeOn(own.database);
  for (const [slug, parent] of Object.entries(parents)) {
    await guestlist.addGroup({ slug, name: slug, rights: [`${slug}:in`], ...(parent === undefined ? {} : { parent }) });
    await guestlist.grant(`runs-${slug}`, { groups: [`${slug}:manager`] });
  }
});
beforeEach(async () => {
  for (const slug of ['choir', 'tenors', 'verein']) await guestlist.changeGroup(slug, { archived: false, sensitive: false });
});
afterEach(async () => {
  expect(await findContradictions(own.database)).toEqual([]);
});
afterAll(() => own?.drop());

const notAllowed = { code: 'grant_not_allowed' };
const stateOf = async (id: string) => (await guestlist.find(id))?.state;

test.each([
  ['verein', ['verein', 'choir', 'tenors', 'board', 'tenors:manager']],
  ['choir', ['choir', 'tenors', 'tenors:manager']],
  ['tenors', ['tenors', 'tenors:manager']],
  ['board', ['board']],
])('the manager of %s invites to %j and to nothing else', async (slug, allowed) => {
  for (const group of ['verein', 'choir', 'tenors', 'board', 'tenors:manager', 'tenors:librarian']) {
    const made = guestlist.invite({ groups: [group], inviterId: `runs-${slug}` });
    if (allowed.includes(group)) expect(await made).toHaveProperty('url');
    else await expect(made).rejects.toMatchObject(notAllowed);
  }
});

test('whoever comes in has the rights above, and is not in the groups there; what was taken above comes not back by itself', async () => {
  const { token } = await guestlist.invite({ groups: ['tenors'], inviterId: 'runs-verein' });
  expect(await guestlist.redeem(await visitTo(own.database, token), asAccount('ada'))).toMatchObject({ answer: 'joined' });
  const rights = ['choir:in', 'tenors:in', 'verein:in'];
  expect(await guestlist.groupsOf('ada')).toEqual({ groups: ['tenors'], roles: ['tenors:member'], entitlements: rights });
  // Being beneath is no place in the group above: there is something new to accept, and nothing there to take away.
  expect(await guestlist.withdraw('ada', { groups: ['choir'] })).toEqual([]);
  const above = await guestlist.invite({ groups: ['choir'] });
  expect(await guestlist.redeem(await visitTo(own.database, above.token), asAccount('ada'))).toMatchObject({ answer: 'joined' });
  expect(await guestlist.withdraw('ada', { groups: ['choir'] }, 'operator')).toEqual(['choir:member']);
  expect((await guestlist.groupsOf('ada')).entitlements).toEqual(rights);
  await guestlist.withdraw('ada', { groups: ['tenors'] });
  expect(await guestlist.groupsOf('ada')).toEqual({ groups: [], roles: [], entitlements: [] });
});

test('an invitation stands and falls with the tree: the group moves away, or one between is archived', async () => {
  const { id } = await guestlist.invite({ groups: ['tenors'], inviterId: 'runs-verein' });
  expect(await stateOf(id)).toBe('open');
  await guestlist.changeGroup('tenors', { parent: null });
  expect(await stateOf(id)).toBe('suspended');
  await guestlist.changeGroup('tenors', { parent: 'choir' });
  expect(await stateOf(id)).toBe('open');
  await guestlist.changeGroup('choir', { archived: true });
  expect(await stateOf(id)).toBe('suspended');
  await expect(guestlist.revoke(id, 'runs-board')).rejects.toMatchObject(notAllowed);
  await guestlist.changeGroup('choir', { archived: false });
  expect(await guestlist.revoke(id, 'runs-choir')).toBe(true);
});

test('beneath a sensitive group a second person confirms, of those who could have invited', async () => {
  await guestlist.changeGroup('verein', { sensitive: true });
  const { id } = await guestlist.invite({ groups: ['tenors'], inviterId: 'runs-tenors' });
  expect(await stateOf(id)).toBe('suspended');
  await expect(guestlist.confirm(id, 'runs-tenors')).rejects.toMatchObject({ code: 'second_person_needed' });
  await expect(guestlist.confirm(id, 'runs-board')).rejects.toMatchObject(notAllowed);
  await guestlist.confirm(id, 'runs-verein');
  expect(await stateOf(id)).toBe('open');
});

test('an invitation that was out waits for a second person once its group is beneath a sensitive one', async () => {
  const { id } = await guestlist.invite({ groups: ['tenors'], inviterId: 'runs-tenors' });
  expect(await stateOf(id)).toBe('open');
  await guestlist.changeGroup('choir', { sensitive: true });
  expect(await stateOf(id)).toBe('suspended');
  await guestlist.changeGroup('choir', { archived: true });
  expect(await stateOf(id)).toBe('open');
});

/** Places, room and time, when everybody comes at once. After each story the database agrees with itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Failure } from '../../src/errors.ts';
import { accept, createSetting, questionOf, refusalOn, refused, type Setting } from '../journeys/setting.ts';
import { createBrowser } from '../support/browser.ts';
import { count, findContradictions } from '../support/invariants.ts';
import { mailedLink } from '../support/mail.ts';

let setting: Setting;
let guestlist: Setting['guestlist'];

beforeAll(async () => {
  setting = await createSetting({ choir: 'Kammerchor Nord', board: 'Vorstand' }, { poolSize: 20 });
  guestlist = setting.guestlist;
});
afterAll(() => setting?.server.close());
beforeEach(async () => {
  await setting.server.database.raw('delete from guestlist.throttle');
});
afterEach(async () => {
  expect(await findContradictions(setting.server.database)).toEqual([]);
});

const minute = 60;
const after = (seconds: number) => new Date(setting.server.now().getTime() + seconds * 1000);

/** What came of it: its answer, or the code of the refusal. */
async function endOf(work: Promise<unknown>): Promise<string> {
  try {
    const done = await work;
    return typeof done === 'object' && done !== null && 'answer' in done ? String(done.answer) : 'done';
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
}

async function redeemBy(accountId: string, token: string): Promise<string> {
  const visit = await setting.visit(token);
  return endOf(guestlist.redeem(visit, { redeemer: { accountId } }));
}

function tally(ends: readonly string[]): Record<string, number> {
  return Object.fromEntries([...new Set(ends)].toSorted().map((end) => [end, ends.filter((other) => other === end).length]));
}

const membersOf = (slug: string) =>
  count(
    setting.server.database,
    `membership m join guestlist."group" g on g.id = m.group_id where g.slug = '${slug}' and m.ended_at is null`,
  );

test('two hundred people, fifty places and a PIN that ten do not know: fifty get in, and no more', { timeout: 60_000 }, async () => {
  const crowd = await setting.crowd(200);
  const { url, id } = await guestlist.invite({ groups: ['choir'], maxUses: 50, pin: '471193' });
  const withPin = async (knows: boolean) => {
    const browser = createBrowser(setting.server.issuer);
    const page = await browser.open(url);
    if (knows) expect((await browser.submit(page, 'Continue', { pin: '471193' })).heading).toContain('Kammerchor Nord');
    return setting.visitOf(browser);
  };
  const visits: Awaited<ReturnType<typeof withPin>>[] = [];
  for (let start = 0; start < 200; start += 20) {
    visits.push(...(await Promise.all(Array.from({ length: 20 }, (_, index) => withPin(start + index >= 10)))));
  }
  const redeeming = visits.map((visit, index) => guestlist.redeem(visit, { redeemer: { accountId: crowd[index] ?? '' } }));
  const ends = await Promise.all(redeeming.map(endOf));
  const { pin_required: unknowing = 0, invitation_used_up: late = 0, joined } = tally(ends);
  expect({ joined, others: unknowing + late }).toEqual({ joined: 50, others: 150 });
  expect(ends.slice(0, 10).every((end) => end !== 'joined')).toBe(true);
  expect(await setting.usedCount(id)).toBe(50);
});

test('a group for thirty, two links for fifty each, a hundred people at once: thirty are in (F7)', async () => {
  await guestlist.addGroup({ slug: 'thirty', name: 'Thirty', capacity: 30 });
  const crowd = await setting.crowd(100);
  const links = [
    await guestlist.invite({ groups: ['thirty'], maxUses: 50 }),
    await guestlist.invite({ groups: ['choir', 'thirty:helper'], maxUses: 50 }),
  ];
  const ends = await Promise.all(crowd.map((accountId, index) => redeemBy(accountId, links[index % 2]?.token ?? '')));
  expect(tally(ends)).toEqual({ group_full: 70, joined: 30 });
  expect(await membersOf('thirty')).toBe(30);
  const used = await Promise.all(links.map(({ id }) => setting.usedCount(id)));
  expect((used[0] ?? 0) + (used[1] ?? 0)).toBe(30);
});

test('a full group: the page says so, whoever is in already takes no more room, and with room it works again', async () => {
  await guestlist.addGroup({ slug: 'duo', name: 'Duo', capacity: 2 });
  const [ada, bea] = [await setting.member('ada', { groups: ['duo'] }), await setting.member('bea')];
  const cleo = await setting.member('cleo', { groups: ['duo'] });
  const { url, id } = await guestlist.invite({ groups: ['duo:helper'], maxUses: 9 });
  const page = await questionOf(bea, url);
  expect(refusalOn(page)).toEqual(refused.groupFull);
  expect(page.heading).toBe('The group is full');
  expect((await accept(ada, url)).heading).toBe('You’re in!');
  expect(await setting.usedCount(id)).toBe(1);
  await guestlist.withdraw(cleo.accountId, { groups: ['duo'] }, cleo.accountId);
  expect((await accept(bea, url)).heading).toBe('You’re in!');
  expect(refusalOn(await questionOf(cleo, url))).toEqual(refused.groupFull);
  await guestlist.changeGroup('duo', { capacity: null });
  expect((await accept(cleo, url)).heading).toBe('You’re in!');
});

test('twenty ask at once for five places that somebody must approve: five wait', async () => {
  const crowd = await setting.crowd(20);
  const { token, id } = await guestlist.invite({ groups: ['choir'], maxUses: 5, approval: true });
  const ends = await Promise.all(crowd.map((accountId) => redeemBy(accountId, token)));
  expect(tally(ends)).toEqual({ awaiting_approval: 5, invitation_used_up: 15 });
  const waiting = await guestlist.waitingForApproval(id);
  await Promise.all(waiting.map(({ accountId }) => guestlist.approve(id, accountId, 'operator')));
  expect(await setting.usedCount(id)).toBe(5);
});

test('the last place at the very moment at which somebody’s kept place lapses goes to one of them', async () => {
  const seen = new Set<string>();
  for (let round = 0; round < 12; round += 1) {
    const [asker = '', ...others] = await setting.crowd(4);
    const { token, id } = await guestlist.invite({ groups: ['choir'], approval: true, expiresAt: after(60 * 24 * 60 * minute) });
    expect(await redeemBy(asker, token)).toBe('awaiting_approval');
    setting.server.pass(14 * 24 * 60 * minute - 1);
    const lapse = () => sleep(round * 4).then(() => String(setting.server.pass(1)));
    const decided = () => endOf(guestlist.approve(id, asker, 'operator'));
    const comers = others.map((other) => () => redeemBy(other, token));
    const works = round % 2 === 0 ? [lapse, ...comers, decided] : [decided, ...comers, lapse];
    const ends = await Promise.all(works.map((work) => work()));
    const waiting = await guestlist.waitingForApproval(id);
    const used = (await setting.usedCount(id)) ?? 0;
    expect(waiting.length + used).toBe(1);
    const approved = ends.includes('done');
    expect({ used, gone: ends.filter((end) => end === 'invitation_used_up').length }).toEqual({
      used: approved ? 1 : 0,
      gone: approved ? 3 : 2,
    });
    seen.add(approved ? 'approved' : 'lapsed');
  }
  expect([...seen].toSorted()).toEqual(['approved', 'lapsed']);
});

test('a place kept for a registration lapses while two come for it: one of them has it', async () => {
  for (let round = 0; round < 6; round += 1) {
    const crowd = await setting.crowd(2);
    const { token, id } = await guestlist.invite({ groups: ['choir'] });
    await guestlist.hold(await setting.visit(token));
    setting.server.pass(15 * minute - 1);
    const holding = setting.visit(token).then((visit) => endOf(guestlist.hold(visit)));
    const redeeming = crowd.map((accountId) => redeemBy(accountId, token));
    setting.server.pass(1);
    const ends = await Promise.all([holding, ...redeeming]);
    expect(ends.filter((end) => end !== 'invitation_used_up')).toHaveLength(1);
    expect(await setting.usedCount(id)).toBe(ends.includes('joined') ? 1 : 0);
  }
});

test('fewer places while ten accept: never more inside than there are places', async () => {
  const seen = new Set<string>();
  for (let round = 0; round < 8; round += 1) {
    const crowd = await setting.crowd(10);
    const { token, id } = await guestlist.invite({ groups: ['choir'], maxUses: 10 });
    const visits = await Promise.all(crowd.map(() => setting.visit(token)));
    const lower = () => endOf(guestlist.change(id, { maxUses: 5 }, 'operator'));
    const accepting = crowd.map(
      (accountId, index) => () => endOf(guestlist.redeem(visits[index] ?? expect.unreachable(), { redeemer: { accountId } })),
    );
    accepting.splice(round, 0, lower);
    const ends = await Promise.all(accepting.map((work) => work()));
    const lowered = ends.includes('done');
    const expected = lowered ? { done: 1, invitation_used_up: 5, joined: 5 } : { joined: 10, places_below_used: 1 };
    expect(tally(ends)).toEqual(expected);
    expect(await guestlist.find(id)).toMatchObject(lowered ? { usedCount: 5, maxUses: 5 } : { usedCount: 10, maxUses: 10 });
    seen.add(String(lowered));
  }
  expect([...seen].toSorted()).toEqual(['false', 'true']);
});

test('never fewer places than are taken, and with more a full link opens again (F9)', async () => {
  const [one = '', two = '', three = ''] = await setting.crowd(3);
  const { token, id } = await guestlist.invite({ groups: ['choir'], maxUses: 2 });
  expect([await redeemBy(one, token), await redeemBy(two, token), await redeemBy(three, token)].at(-1)).toBe('invitation_used_up');
  expect(await endOf(guestlist.change(id, { maxUses: 1 }, 'operator'))).toBe('places_below_used');
  expect(await guestlist.find(id)).toMatchObject({ state: 'used_up', usedCount: 2, maxUses: 2 });
  await guestlist.change(id, { maxUses: 3 }, 'operator');
  expect(await redeemBy(three, token)).toBe('joined');
});

test('extended at the moment at which it expires: whoever was refused gets in afterwards, and nobody twice', async () => {
  for (let round = 0; round < 8; round += 1) {
    const [ada = '', bea = ''] = await setting.crowd(2);
    const { token, id } = await guestlist.invite({ groups: ['choir'], maxUses: 2, expiresAt: after(minute) });
    setting.server.pass(minute - 1);
    const extend = () => endOf(guestlist.change(id, { expiresAt: after(10 * minute) }, 'operator'));
    const expire = async () => setting.server.pass(2);
    const come = (who: string) => () => redeemBy(who, token);
    const works = [come(ada), extend, come(bea)];
    works.splice(round % 4, 0, async () => String(await expire()));
    const ends = await Promise.all(works.map((work) => work()));
    expect(ends.filter((end) => !['joined', 'invitation_expired', 'done', 'undefined'].includes(end))).toEqual([]);
    for (const who of [ada, bea]) expect(await redeemBy(who, token)).toMatch(/^(joined|already_member)$/);
    expect(await setting.usedCount(id)).toBe(2);
  }
});

test('the mail and the list of what waits, used by the same person at once: one place', async () => {
  const ada = await setting.member('both-ways', { verified: true });
  const { id } = await guestlist.invite({ groups: ['board'], email: ada.email, maxUses: 3 });
  const byMail = await mailedLink(setting.server.database, ada.email);
  const [one, two] = [await setting.again(ada), await setting.again(ada)];
  const first = await questionOf({ browser: one }, byMail);
  const landing = await two.submit(await two.open('/invite/waiting'), 'Have a look');
  const second = await two.submit(landing, 'join');
  const answers = await Promise.all([one.submit(first, 'Join'), two.submit(second, 'Join')]);
  for (const { status } of answers) expect(status).toBe(200);
  expect(await setting.usedCount(id)).toBe(1);
});

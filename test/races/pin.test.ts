import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openDatabase } from '../../src/lib/db.ts';
import { pinStandingOf } from '../../src/invitation/pin.ts';
import { createPinSetting, type PinSetting, rightPin, tally } from '../invitation/pin-setting.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let testDatabase: TestDatabase;
let setting: PinSetting;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  setting = await createPinSetting(testDatabase.database);
});
afterAll(() => testDatabase?.drop());

const wrong = (index: number) => `WRONG${index}`;
const evaluatedFor = (id: string) => setting.evaluated.filter((text) => text.startsWith(id)).length;

async function visits(invitationId: string, howMany: number) {
  return Promise.all(Array.from({ length: howMany }, () => setting.visit(invitationId)));
}

test('fifty wrong PINs at once: five are looked at, and the inviter is told once (A3)', async () => {
  const id = await setting.invite(rightPin);
  const crowd = await visits(id, 50);
  const outcomes = await Promise.all(crowd.map((visit, index) => setting.attempt(visit, wrong(index))));
  expect(evaluatedFor(id)).toBe(5);
  expect(tally(outcomes)).toEqual({ pin_wrong: 4, pin_locked: 46 });
  expect(await setting.tries(id)).toHaveLength(5);
  expect(setting.told.filter((news) => news.id === id)).toEqual([{ id, notice: 'pin_locked' }]);
  expect(await setting.audit(id)).toHaveLength(1);
});

test('a right one among fifty wrong: it passes or is refused as they are, and five wrong ones at most are looked at (#46)', async () => {
  const seen = new Set<string>();
  for (const place of [0, 25, 50]) {
    const id = await setting.invite(rightPin);
    const crowd = await visits(id, 51);
    const outcomes = await Promise.all(crowd.map((visit, index) => setting.attempt(visit, index === place ? rightPin : wrong(index))));
    const passed = outcomes[place] === 'passed';
    expect(evaluatedFor(id)).toBe(passed ? 6 : 5);
    expect(tally(outcomes.filter((_, index) => index !== place))).toEqual({ pin_wrong: 4, pin_locked: 46 });
    seen.add(passed ? 'passed' : 'refused');
  }
  expect([...seen].toSorted()).toEqual(['passed', 'refused']);
});

test('two hundred right PINs at once all pass, within seconds, and use up nothing', { timeout: 60_000 }, async () => {
  const id = await setting.invite(rightPin);
  const crowd = await visits(id, 200);
  const outcomes = await Promise.all(crowd.map((visit) => setting.attempt(visit, rightPin)));
  // Whoever waits longer than a quarter of a minute is told that we are busy.
  expect(tally(outcomes)).toEqual({ passed: 200 });
  // They typed the same: one look serves those who come at the same moment.
  expect(evaluatedFor(id)).toBeLessThan(100);
  const { invitation } = await setting.visit(id);
  const asked = { invitation, channel: 'link', now: setting.host.clock() } as const;
  expect(await pinStandingOf(testDatabase.database, asked)).toEqual({ state: 'open', triesLeft: 5 });
  expect(setting.told.filter((news) => news.id === id)).toEqual([]);
});

test('with one try left, a crowd who know the PIN still passes, and the one who does not locks it', { timeout: 60_000 }, async () => {
  const id = await setting.invite(rightPin);
  for (const visit of await visits(id, 4)) await setting.attempt(visit, 'WRONG');
  const crowd = await visits(id, 40);
  expect(tally(await Promise.all(crowd.map((visit) => setting.attempt(visit, rightPin))))).toEqual({ passed: 40 });
  expect(await setting.attempt(await setting.visit(id), 'WRONG')).toMatchObject({ code: 'pin_locked' });
  expect(setting.told.filter((news) => news.id === id)).toHaveLength(1);
});

describe('over three processes', () => {
  /** The code once more, which shares nothing with the first but the database. */
  async function anotherProcess(): Promise<PinSetting> {
    vi.resetModules();
    const { createPinSetting: create } = await import('../invitation/pin-setting.ts');
    const other = await create(openDatabase(testDatabase.connection, 5));
    // What it loads at its first try is loaded.
    await other.attempt(await other.visit(await other.invite(rightPin)), rightPin);
    return other;
  }

  test('sixty wrong PINs at once: five are looked at, and the inviter is told once', { timeout: 60_000 }, async () => {
    const processes = [setting, await anotherProcess(), await anotherProcess()];
    const id = await setting.invite(rightPin);
    const crowd = await visits(id, 60);
    const outcomes = await Promise.all(crowd.map((visit, index) => processes[index % 3]?.attempt(visit, wrong(index)) ?? 'passed'));
    expect(processes.flatMap(({ evaluated }) => evaluated).filter((text) => text.startsWith(id))).toHaveLength(5);
    expect(tally(outcomes)).toEqual({ pin_wrong: 4, pin_locked: 56 });
    expect(processes.flatMap(({ told }) => told).filter((news) => news.id === id)).toHaveLength(1);
    expect(await setting.audit(id)).toHaveLength(1);
    await Promise.all(processes.slice(1).map(({ host }) => host.database.destroy()));
  });

  test('sixty right ones all pass', { timeout: 60_000 }, async () => {
    const processes = [setting, await anotherProcess(), await anotherProcess()];
    const id = await setting.invite(rightPin);
    const crowd = await visits(id, 60);
    const outcomes = await Promise.all(crowd.map((visit, index) => processes[index % 3]?.attempt(visit, rightPin) ?? 'nobody'));
    expect(outcomes.every((outcome) => outcome === 'passed')).toBe(true);
    await Promise.all(processes.slice(1).map(({ host }) => host.database.destroy()));
  });
});

test('a new PIN while the old one is being judged: the old one does not pass', { timeout: 60_000 }, async () => {
  const id = await setting.invite(rightPin);
  const visit = await setting.visit(id);
  const { host } = setting;
  const change = async () => {
    const hashes = await host.hashes();
    return {
      ...hashes,
      async verify(stored: string | undefined, text: string) {
        await setting.setPin(id, 'ANOTHER1');
        return hashes.verify(stored, text);
      },
    };
  };
  const { checkPin } = await import('../../src/invitation/pin.ts');
  const late = checkPin({ ...host, hashes: change }, { visit, pin: rightPin, ip: '192.0.2.9' });
  await expect(late).rejects.toMatchObject({ code: 'pin_wrong', detail: { triesLeft: 5 } });
  expect((await host.database('guestlist.visit').where({ id: visit.id }).first()).pin_passed_at).toBeNull();
});

/** An app is told that somebody was signed out of it until it listens, by one of any number of workers. */
import * as oidc from 'openid-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { disableAccount } from '../../src/account/manage.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { type Jobs, startJobs } from '../../src/server/jobs.ts';
import { createLog } from '../../src/server/log.ts';
import { databaseUrlOf, runCommand } from '../support/command.ts';
import { testSecret } from '../support/mail.ts';
import type { Member } from '../support/people.ts';
import { createRelyingApp } from '../support/relying-app.ts';
import { createLogoutSetting, forever, hour, type LogoutSetting } from './app-logout-setting.ts';

let setting: LogoutSetting;

beforeAll(async () => {
  setting = await createLogoutSetting();
});
afterAll(() => setting?.close());
beforeEach(() => setting.forget());

describe('an app that does not listen', () => {
  async function lost(name: string): Promise<Member> {
    const { closed, news, boardMember, leaveBoard } = setting;
    const person = await boardMember(name);
    await closed.signInSilently(person.browser);
    await leaveBoard(person);
    await news.endLost(person.accountId);
    return person;
  }

  test('is told again after a pause, and once only when it has listened', async () => {
    const { receiver, verified, fates, minutely, at } = setting;
    receiver.answer((response) => response.writeHead(503).end());
    await lost('down');
    await minutely();
    await minutely();
    expect(await fates()).toEqual([{ attempts: 1, failure: 'http_503', end: 'none' }]);
    receiver.answer(undefined);
    await at(60, minutely);
    await at(120, minutely);
    expect(await fates()).toEqual([{ attempts: 2, end: 'delivered' }]);
    expect(receiver.tokens).toHaveLength(2);
    const [first, second] = await Promise.all(receiver.tokens.map((token) => verified(token)));
    expect(second).toMatchObject({ sid: first?.['sid'] });
    expect(second?.jti).not.toBe(first?.jti);
  });

  test('is given up after a day, and the operator can see why', async () => {
    const { server, receiver, fates, minutely, at } = setting;
    receiver.answer((response) => response.writeHead(400).end());
    const { accountId } = await lost('refusing');
    for (let passed = 0; passed <= 26 * 60; passed += 30) await at(passed * 60, minutely);
    const [fate] = await fates();
    expect(fate).toMatchObject({ end: 'failed', failure: 'http_400' });
    expect(fate?.attempts).toBeGreaterThan(15);
    const environment = { DATABASE_URL: databaseUrlOf(server.connection), GUESTLIST_SECRET: testSecret, ISSUER: server.issuer };
    const { stdout } = await runCommand(['client', 'logouts', 'closed'], environment);
    expect(stdout).toMatch(new RegExp(`^\\S+ {2}closed {2}${accountId} {2}failed \\S+, \\d+ tries: http_400\\n$`));
    expect((await runCommand(['client', 'logouts', 'open'], environment)).stdout).toBe('No app had to be told yet.\n');
  });

  test('and lets us wait is left after a few seconds', async () => {
    const { receiver, fates, minutely } = setting;
    receiver.answer(() => undefined);
    await lost('hanging');
    const before = performance.now();
    await minutely();
    expect(performance.now() - before).toBeLessThan(8_000);
    expect(await fates()).toEqual([{ attempts: 1, failure: 'TimeoutError', end: 'none' }]);
  });

  test('cannot lead us into a private network, neither by a redirect nor by its own address', async () => {
    const { receiver, other, newsTrusting, fates, minutely, at } = setting;
    receiver.answer((response) => response.writeHead(307, { location: `${other.origin}/logout` }).end());
    await lost('leading');
    await minutely();
    expect(await fates()).toEqual([{ attempts: 1, failure: 'http_307', end: 'none' }]);
    const careful = await newsTrusting([]);
    receiver.answer(undefined);
    receiver.tokens.length = 0;
    await at(60, () => careful.tellDue(forever));
    expect(await fates()).toEqual([{ attempts: 2, failure: 'private_address', end: 'none' }]);
    expect([receiver.tokens, other.tokens]).toEqual([[], []]);
  });

  test('hears of somebody who signed out by themselves when it is back', async () => {
    const { open, other, boardMember, verified, fates, minutely, at } = setting;
    const { browser, accountId } = await boardMember('leaving');
    const { id_token = '' } = await open.signInSilently(browser);
    other.answer((response) => response.destroy());
    const page = await browser.open(oidc.buildEndSessionUrl(open.config, { id_token_hint: id_token }).href);
    await browser.submit(page, 'Sign out');
    expect(await fates('open')).toEqual([{ attempts: 1, failure: expect.any(String), end: 'none' }]);
    other.answer(undefined);
    await at(60, minutely);
    expect(await fates('open')).toEqual([{ attempts: 2, end: 'delivered' }]);
    expect(await verified(other.tokens.at(-1), open)).toMatchObject({ sub: accountId });
  });

  test('and does not want to be told any more is left alone', async () => {
    const { server, receiver, news, boardMember, leaveBoard, fates } = setting;
    const gone = await createRelyingApp(server, { id: 'gone', requiredGroup: 'board', backchannelLogoutUri: `${receiver.origin}/gone` });
    const person = await boardMember('gone');
    await gone.signInSilently(person.browser);
    await leaveBoard(person);
    await news.endLost(person.accountId);
    await server.database.raw(`update guestlist.client set backchannel_logout_uri = null where id = 'gone'`);
    await news.tellDue(forever);
    expect(await fates('gone')).toEqual([{ attempts: 1, failure: 'NobodyToTell', end: 'failed' }]);
    expect(receiver.tokens).toEqual([]);
  });
});

describe('workers', () => {
  const jobs: Jobs[] = [];
  const work = async () => {
    const { server, newsTrusting } = setting;
    const tools = { connection: server.connection, database: server.database, clock: server.now, log: createLog('silent') };
    jobs.push(await startJobs({ ...tools, news: await newsTrusting() }));
  };
  afterEach(async () => {
    for (const { stop } of jobs.splice(0)) await stop();
  });

  test('do it at once, and two of them do it once', async () => {
    const { closed, receiver, boardMember, leaveBoard, verified, thoroughly } = setting;
    await work();
    await work();
    const people = await Promise.all(['one', 'two', 'three', 'four', 'five'].map((name) => boardMember(`worked-${name}`)));
    for (const { browser } of people) await closed.signInSilently(browser);
    await Promise.all(people.map(leaveBoard));
    await expect.poll(() => receiver.tokens.length, { timeout: 10_000 }).toBe(people.length);
    await Promise.all([thoroughly(), thoroughly()]);
    expect(receiver.tokens).toHaveLength(people.length);
    const told = await Promise.all(receiver.tokens.map(async (token) => (await verified(token)).sub));
    expect(told.toSorted()).toEqual(people.map(({ accountId }) => accountId).toSorted());
  });

  test('look each minute for memberships that lapsed, and for what was not told the first time', async () => {
    const { server, closed, receiver, boardMember, fates, at } = setting;
    const { accountId, browser } = await boardMember('worked-until', []);
    await server.guestlist.grant(accountId, { groups: ['board'], ends: { at: new Date(server.now().getTime() + hour * 1000) } });
    await closed.signInSilently(browser);
    receiver.answer((response) => response.writeHead(500).end());
    await work();
    const crons = await server.database('guestlist_jobs._private_known_crontabs').orderBy('identifier').pluck('identifier');
    expect(crons).toEqual(['access', 'lapses', 'logouts', 'sweep']);
    await at(hour, async () => {
      await server.database.raw(`select guestlist_jobs.add_job('lapses')`);
      await expect.poll(() => fates(), { timeout: 5_000 }).toEqual([{ attempts: 1, failure: 'http_500', end: 'none' }]);
    });
    receiver.answer(undefined);
    await at(hour + 60, async () => {
      await server.database.raw(`select guestlist_jobs.add_job('logouts')`);
      await expect.poll(() => fates(), { timeout: 5_000 }).toEqual([{ attempts: 2, end: 'delivered' }]);
    });
  });

  test('two that look at the same moment find each person once', async () => {
    const { closed, receiver, boardMember, leaveBoard, fates, thoroughly } = setting;
    const people = await Promise.all(['six', 'seven', 'eight'].map((name) => boardMember(`looked-${name}`)));
    for (const { browser } of people) await closed.signInSilently(browser);
    await Promise.all(people.map(leaveBoard));
    await Promise.all([thoroughly(), thoroughly(), thoroughly()]);
    await thoroughly();
    expect(await fates()).toEqual(people.map(() => ({ attempts: 1, end: 'delivered' })));
    expect(receiver.tokens).toHaveLength(people.length);
  });

  test('hear of groups that were archived or moved, of apps that were closed, and of accounts that were disabled', async () => {
    const { server, receiver, open, boardMember, fates } = setting;
    await work();
    for (const slug of ['attic', 'loft']) await server.addGroup(slug);
    const settings = { requiredGroup: 'attic', backchannelLogoutUri: `${receiver.origin}/attic` };
    const attic = await createRelyingApp(server, { id: 'attic', ...settings });
    await server.database.raw(
      `update guestlist."group" set parent_id = (select id from guestlist."group" where slug = 'attic') where slug = 'loft'`,
    );
    const causes = {
      moved: (_: Member) => server.database.raw(`update guestlist."group" set parent_id = null where slug = 'loft'`),
      disabled: ({ email }: Member) =>
        disableAccount(server.database, email, { clock: server.now, random: secureRandom, actor: 'operator' }),
      archived: (_: Member) => server.database.raw(`update guestlist."group" set archived_at = now() where slug = 'attic'`),
    };
    for (const [name, cause] of Object.entries(causes)) {
      const person = await boardMember(`cause-${name}`, [name === 'moved' ? 'loft' : 'attic']);
      await attic.signInSilently(person.browser);
      await cause(person);
      await expect.poll(async () => (await fates('attic')).length, { timeout: 5_000, message: name }).toBe(1);
      await server.database.raw('delete from guestlist.app_logout');
    }
    const person = await boardMember('cause-closed', []);
    await open.signInSilently(person.browser);
    await server.database.raw(
      `update guestlist.client set required_group_id = (select id from guestlist."group" where slug = 'cellar') where id = 'open'`,
    );
    await expect.poll(async () => (await fates('open')).length, { timeout: 5_000 }).toBeGreaterThan(0);
  });
});

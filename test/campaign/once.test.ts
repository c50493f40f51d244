/** Each row once, whoever works at it and however often it is broken off. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { databaseUrlOf, shellEnvironment } from '../support/command.ts';
import { count } from '../support/invariants.ts';
import { testSecret } from '../support/mail.ts';
import { campaignSetting, expectEveryoneOnce, mailed, pasted } from './setting.ts';

vi.setConfig({ testTimeout: 60_000 });

const setting = campaignSetting();

test('broken off in the middle of a batch it leaves whole batches; the rest is made when it goes on, each row once', async () => {
  const size = 250;
  const { id } = await setting.guestlist.campaigns.create(pasted(size));
  // The process dies while it makes the 151st.
  await setting.own.database.raw(`create function public.die() returns trigger language plpgsql as $$ begin
    if (select count(*) from guestlist.invitation) > 150 then raise exception 'the end'; end if; return new; end $$;
    create trigger die before insert on guestlist.mail for each row execute function public.die()`);
  await expect(setting.guestlist.campaigns.run(id)).rejects.toThrow('the end');
  expect(await count(setting.own.database, 'invitation')).toBe(100);
  expect(await setting.guestlist.campaigns.find(id)).toMatchObject({ made: 100, waiting: 150, failed: 0, state: 'running' });
  await setting.own.database.raw('drop trigger die on guestlist.mail; drop function public.die()');
  expect(await setting.guestlist.campaigns.run(id)).toMatchObject({ made: size, waiting: 0, state: 'done' });
  await expectEveryoneOnce(setting, size);
});

test('killed in the middle, and gone on with by another process: each row once', async () => {
  const size = 600;
  const { id } = await setting.guestlist.campaigns.create(pasted(size));
  const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
  const env = {
    ...shellEnvironment,
    DATABASE_URL: databaseUrlOf(setting.own.connection),
    GUESTLIST_SECRET: testSecret,
    ISSUER: 'http://localhost:3999',
  };
  const child = spawn(process.execPath, [main, 'campaign', 'run', id], { env, stdio: 'ignore' });
  const ended = once(child, 'close');
  await expect.poll(() => count(setting.own.database, 'invitation'), { timeout: 30_000, interval: 5 }).toBeGreaterThanOrEqual(100);
  child.kill('SIGKILL');
  await ended;
  const { made = 0 } = (await setting.guestlist.campaigns.find(id)) ?? {};
  expect(made).toBeGreaterThanOrEqual(100);
  expect(made).toBeLessThan(size);
  // What the dead one held is let go when its connection is found to be gone.
  await expect.poll(async () => (await setting.guestlist.campaigns.run(id)).made, { timeout: 30_000 }).toBe(size);
  await expectEveryoneOnce(setting, size);
});

test('three at once share the work: each row once', async () => {
  const { id } = await setting.guestlist.campaigns.create(pasted(400));
  await Promise.all([setting.guestlist.campaigns.run(id), setting.make().campaigns.run(id), setting.make().campaigns.run(id)]);
  expect(await setting.guestlist.campaigns.find(id)).toMatchObject({ made: 400, waiting: 0 });
  await expectEveryoneOnce(setting, 400);
});

test('two campaigns with the same people at once, the one in any order of the other: each person once', async () => {
  const { campaigns } = setting.guestlist;
  const people = Array.from({ length: 250 }, (_, index) => ({ email: `person-${index}@example.org` }));
  const [one, two] = [await campaigns.create(mailed({ people })), await campaigns.create(mailed({ people: people.toReversed() }))];
  const ran = await Promise.all([campaigns.run(one.id), setting.make().campaigns.run(two.id)]);
  expect(ran.reduce((sum, { made }) => sum + made, 0)).toBe(250);
  expect(ran.reduce((sum, { failed }) => sum + failed, 0)).toBe(250);
  const { rows } = await setting.own.database.raw(
    'select count(*)::int as mails, count(distinct to_address)::int as people from guestlist.mail',
  );
  expect(rows[0]).toEqual({ mails: 250, people: 250 });
});

test('workers take one campaign each, cards none; what a dead one had is taken over when its time is up', async () => {
  const first = await setting.guestlist.campaigns.create(pasted(3));
  const cards = await setting.guestlist.campaigns.create(mailed({ cards: 2 }));
  await setting.own.database.raw('update guestlist.campaign set worked_until = ? where id = ?', [
    new Date(setting.now.getTime() + 30_000),
    first.id,
  ]);
  expect(await setting.guestlist.campaigns.runDue()).toBe(0);
  setting.pass(31);
  expect(await setting.guestlist.campaigns.runDue(() => true)).toBe(0);
  expect(await setting.guestlist.campaigns.runDue()).toBe(1);
  expect(await setting.guestlist.campaigns.find(first.id)).toMatchObject({ state: 'done', made: 3 });
  expect(await setting.guestlist.campaigns.find(cards.id)).toMatchObject({ state: 'running', made: 0 });
  expect(await setting.guestlist.campaigns.runDue()).toBe(0);
});

test('cancelled while it runs, no more are made; it goes on when it is resumed', async () => {
  const { id } = await setting.guestlist.campaigns.create(pasted(300));
  const running = setting.guestlist.campaigns.run(id);
  await expect.poll(() => count(setting.own.database, 'invitation'), { timeout: 30_000, interval: 2 }).toBeGreaterThan(0);
  const { made } = await setting.guestlist.campaigns.cancel(id);
  await running;
  expect(await setting.guestlist.campaigns.find(id)).toMatchObject({ state: 'cancelled', made });
  expect(made).toBeLessThan(300);
  expect(await setting.guestlist.campaigns.run(id)).toMatchObject({ made });
  expect(await setting.guestlist.campaigns.runDue()).toBe(0);
  await setting.guestlist.campaigns.resume(id);
  expect(await setting.guestlist.campaigns.runDue()).toBe(1);
  await expectEveryoneOnce(setting, 300);
});

test('cancelled with what was made, its invitations are revoked and their mail is not sent', async () => {
  const { id } = await setting.guestlist.campaigns.create(pasted(5));
  await setting.guestlist.campaigns.run(id);
  expect(await setting.guestlist.campaigns.cancel(id, { revoke: true })).toMatchObject({ state: 'cancelled', revoked: 5 });
  expect(await setting.guestlist.campaigns.cancel(id, { revoke: true })).toMatchObject({ revoked: 0 });
  expect(await count(setting.own.database, 'mail where cancelled_at is null')).toBe(0);
  expect((await setting.guestlist.campaigns.report(id)).totals).toMatchObject({ made: 5, revoked: 5, mailed: 0 });
});

test('cancelled by whoever it was made for, all but what somebody else has taken over is revoked', async () => {
  await setting.guestlist.setPolicy('choir', { who: 'members' });
  await setting.guestlist.grant('mia', { groups: ['choir'] });
  const { id } = await setting.guestlist.campaigns.create({ ...pasted(3), inviterId: 'mia' });
  await setting.guestlist.campaigns.run(id);
  const [first] = await setting.guestlist.campaigns.rows(id);
  await setting.guestlist.adopt(first?.invitationId ?? '', 'operator');
  expect(await setting.guestlist.campaigns.cancel(id, { revoke: true }, 'mia')).toMatchObject({ state: 'cancelled', revoked: 2 });
  expect(await count(setting.own.database, 'invitation where revoked_at is null')).toBe(1);
  expect(await setting.guestlist.campaigns.cancel(id, { revoke: true }, 'operator')).toMatchObject({ revoked: 1 });
});

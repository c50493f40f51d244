import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { findInvitation } from '../../src/invitation/store.ts';
import { type Browser, createBrowser, type Rest } from '../support/browser.ts';
import { count as countRows, findContradictions } from '../support/invariants.ts';
import { join, openAsNewcomer, register } from '../support/people.ts';
import { createRelyingApp, type RelyingApp } from '../support/relying-app.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let app: RelyingApp;

beforeAll(async () => {
  server = await startTestServer({ poolSize: 20 });
  for (const slug of ['choir', 'board']) await server.addGroup(slug);
  app = await createRelyingApp(server);
});
afterAll(() => server?.close());
beforeEach(async () => {
  await server.database.raw('delete from guestlist.throttle');
});

const count = (table: string) => countRows(server.database, table);

type Waiting = { readonly browser: Browser; readonly form: Rest; readonly email: string };

/** People who all have the form before them. */
async function gather(url: string, howMany: number, name: string): Promise<Waiting[]> {
  const people: Waiting[] = [];
  for (let start = 0; start < howMany; start += 20) {
    people.push(
      ...(await Promise.all(
        Array.from({ length: Math.min(20, howMany - start) }, async (_, index) => {
          const browser = createBrowser(server.issuer);
          return { browser, form: await openAsNewcomer(browser, url), email: `${name}-${start + index}@example.org` };
        }),
      )),
    );
  }
  return people;
}

test('two hundred people, fifty places: fifty get in, and everybody else is told so', { timeout: 120_000 }, async () => {
  const { url, id } = await server.guestlist.invite({ groups: ['choir'], maxUses: 50 });
  const accountsBefore = await count('account');
  const people = await gather(url, 200, 'crowd');
  const answers = await Promise.all(people.map(({ browser, form, email }) => register(browser, form, { email })));
  const inside = answers.filter(({ heading }) => heading === 'You’re in!');
  const outside = answers.filter(({ status, heading }) => status === 410 && heading === 'All places are taken');
  expect({ inside: inside.length, outside: outside.length }).toEqual({ inside: 50, outside: 150 });
  expect((await findInvitation(server.database, id))?.usedCount).toBe(50);
  expect((await count('account')) - accountsBefore).toBe(50);
  expect(await findContradictions(server.database)).toEqual([]);
});

test('one place, twenty newcomers at once: one account (F2)', { timeout: 60_000 }, async () => {
  const { url } = await server.guestlist.invite({ groups: ['choir'] });
  const accountsBefore = await count('account');
  const people = await gather(url, 20, 'single');
  const answers = await Promise.all(people.map(({ browser, form, email }) => register(browser, form, { email })));
  expect(answers.filter(({ heading }) => heading === 'You’re in!').length).toBe(1);
  expect(answers.filter(({ status }) => status === 410).length).toBe(19);
  expect((await count('account')) - accountsBefore).toBe(1);
  expect(await findContradictions(server.database)).toEqual([]);
});

test('the same person ten times at once counts once', async () => {
  const browser = createBrowser(server.issuer);
  await join(browser, (await server.guestlist.invite({ groups: ['choir'] })).url, { email: 'tenfold@example.org' });
  const { url, id } = await server.guestlist.invite({ groups: ['board'], maxUses: 10 });
  const question = await browser.submit(await browser.open(url), 'join');
  const mailsBefore = await count('mail');
  const answers = await Promise.all(Array.from({ length: 10 }, () => browser.submit(question, 'Join')));
  expect(new Set(answers.map(({ heading }) => heading))).toEqual(new Set(['You’re in!']));
  expect((await findInvitation(server.database, id))?.usedCount).toBe(1);
  expect((await count('mail')) - mailsBefore).toBe(1);
  expect(await findContradictions(server.database)).toEqual([]);
});

test('two links to one group, taken by the same person at once: one membership', async () => {
  const browser = createBrowser(server.issuer);
  await join(browser, (await server.guestlist.invite({ groups: ['choir'] })).url, { email: 'two-links@example.org' });
  const links = [await server.guestlist.invite({ groups: ['board'] }), await server.guestlist.invite({ groups: ['board'] })];
  const flows = await Promise.all(
    links.map(async ({ token }) => {
      const own = createBrowser(server.issuer);
      for (const cookie of await browser.jar.getCookies(server.issuer)) {
        if (cookie.key.startsWith('guestlist_session')) await own.jar.setCookie(cookie.toString(), server.issuer);
      }
      return { own, question: await own.open((await app.push({ invite: token })).url) };
    }),
  );
  await Promise.all(flows.map(({ own, question }) => own.submit(question, 'Join')));
  const { rows } = await server.database.raw(`
    select count(*)::int as count from guestlist.membership m join guestlist."group" g on g.id = m.group_id
    join guestlist.account_email e on e.account_id = m.account_id
    where g.slug = 'board' and e.email_key = 'two-links@example.org' and m.ended_at is null`);
  expect(rows[0].count).toBe(1);
  const used = await Promise.all(links.map(async ({ id }) => (await findInvitation(server.database, id))?.usedCount));
  expect(used.toSorted()).toEqual([0, 1]);
});

test('withdrawn while somebody accepts: either they are in, or they are told; never both, never stuck', { timeout: 60_000 }, async () => {
  const outcomes = new Set<string>();
  for (let round = 0; round < 12; round += 1) {
    const { url, id } = await server.guestlist.invite({ groups: ['choir'] });
    const [person] = await gather(url, 1, `revoked-${round}`);
    if (!person) throw new Error('nobody came');
    const withdrawal = sleep(round * 8).then(() => server.guestlist.revoke(id, 'operator'));
    const [answer, revoked] = await Promise.all([register(person.browser, person.form, { email: person.email }), withdrawal]);
    const used = (await findInvitation(server.database, id))?.usedCount;
    expect(revoked).toBe(true);
    expect({ in: answer.heading === 'You’re in!', used }).toEqual(answer.status === 410 ? { in: false, used: 0 } : { in: true, used: 1 });
    outcomes.add(String(answer.status));
  }
  expect(await findContradictions(server.database)).toEqual([]);
  expect([...outcomes].every((status) => ['200', '410'].includes(status))).toBe(true);
});

test('an invitation that runs out while somebody waits for its row lets nobody in', async () => {
  const { url, id } = await server.guestlist.invite({ groups: ['choir'], expiresAt: new Date(server.now().getTime() + 60_000) });
  const [person] = await gather(url, 1, 'waiting');
  if (!person) throw new Error('nobody came');
  const answer = await server.database.transaction(async (trx) => {
    await trx.raw('select from guestlist.invitation where id = ? for update', [id]);
    const waiting = register(person.browser, person.form, { email: person.email });
    await sleep(700);
    server.pass(61);
    return { waiting };
  });
  expect((await answer.waiting).status).toBe(410);
  expect(await count(`account_email where email_key = 'waiting-0@example.org'`)).toBe(0);
});

test('two connections are enough for fifty at once (K9)', { timeout: 60_000 }, async () => {
  const small = await startTestServer({ poolSize: 2 });
  try {
    await small.addGroup('choir');
    const { url } = await small.guestlist.invite({ groups: ['choir'], maxUses: 50 });
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => join(createBrowser(small.issuer), url, { email: `small-${index}@example.org` })),
    );
    expect(answers.filter(({ heading }) => heading === 'You’re in!').length).toBe(50);
    expect(await findContradictions(small.database)).toEqual([]);
  } finally {
    await small.close();
  }
});

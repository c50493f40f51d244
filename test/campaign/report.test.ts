/** What a campaign is told to have come to, after everything that can happen to an invitation has happened. */
import fc from 'fast-check';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { toCsv } from '../../src/campaign/report.ts';
import { forgetCampaignRows } from '../../src/campaign/retention.ts';
import { forgetInvitees } from '../../src/invitation/retention.ts';
import { deleteExpiredVisits } from '../../src/invitation/visit-store.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { createSeal } from '../../src/lib/seal.ts';
import { deliverMail, MailRefused } from '../../src/mail/deliver.ts';
import { createBrowser } from '../support/browser.ts';
import { assertInvariants } from '../support/invariants.ts';
import { mailedLink, testSecret } from '../support/mail.ts';
import { openAsNewcomer, register } from '../support/people.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  await server.addGroup('choir', { name: 'Kammerchor Nord' });
});
afterAll(() => server?.close());

const day = 24 * 60 * 60;
const names = ['joined', 'declined', 'started', 'opened', 'mailed', 'bounced', 'revoked', 'expired'] as const;
const address = (name: string) => `${name}@example.org`;
const dayOf = (instant: Date) => instant.toISOString().slice(0, 10);

test('a scripted life: each row is in the state that it came to, the figures are told in all and by day', async () => {
  const { database, guestlist } = server;
  const { campaigns } = guestlist;
  // The days below begin where the clock is far from midnight.
  server.pass((36 - server.now().getUTCHours()) * 3_600);
  const first = server.now();
  const wish = { groups: ['choir'], expiresAt: new Date(first.getTime() + 5 * day * 1_000) };
  const pasted = [...names.map(address), 'no address'].join('\n');
  const { id } = await campaigns.create({ name: 'Spring', wish, rows: { pasted } });
  expect((await campaigns.report(id)).totals).toEqual(figures({}));
  await campaigns.run(id);
  expect((await campaigns.report(id)).totals).toEqual(figures({ made: 8 }));

  const links = new Map(await Promise.all(names.map(async (name) => [name, await mailedLink(database, address(name))] as const)));
  const link = (name: (typeof names)[number]) => links.get(name) ?? '';
  const send = async ({ to }: { readonly to: string }) => {
    if (to === address('bounced')) throw new MailRefused('550 5.1.1', undefined);
  };
  const delivery = { clock: server.now, onError: () => undefined, issuer: server.issuer, seal: createSeal(testSecret, secureRandom) };
  expect(await deliverMail(database, send, delivery)).toEqual({ sent: 7, failed: 1 });
  await createBrowser(server.issuer).open(link('opened'));
  await openAsNewcomer(createBrowser(server.issuer), link('started'));

  server.pass(day);
  const browser = createBrowser(server.issuer);
  await register(browser, await openAsNewcomer(browser, link('joined')), { email: address('joined') });
  const decliner = createBrowser(server.issuer);
  await decliner.submit(await decliner.open(link('declined')), 'Not for me');
  const rows = await campaigns.rows(id);
  await guestlist.revoke(rows[names.indexOf('revoked')]?.invitationId ?? '', 'operator');
  // Visits are thrown away; that there was one is not.
  server.pass(day);
  await deleteExpiredVisits(database, server.now());

  const states = async () =>
    Object.fromEntries((await campaigns.rows(id)).map(({ position, state }) => [names[position - 1] ?? 'failed', state]));
  expect(await states()).toEqual({ ...Object.fromEntries(names.map((name) => [name, name])), expired: 'mailed', failed: 'failed' });
  const { totals, days, campaign } = await campaigns.report(id);
  expect(campaign).toMatchObject({ rows: 9, made: 8, failed: 1, waiting: 0, state: 'done' });
  expect(totals).toEqual(figures({ made: 8, mailed: 7, bounced: 1, opened: 4, started: 2, joined: 1, declined: 1, revoked: 1 }));
  expect(days).toEqual([
    { day: dayOf(first), ...figures({ made: 8, mailed: 7, bounced: 1, opened: 2, started: 1 }) },
    { day: dayOf(new Date(first.getTime() + day * 1_000)), ...figures({ opened: 2, started: 1, joined: 1, declined: 1, revoked: 1 }) },
  ]);

  server.pass(5 * day);
  expect((await states())['expired']).toBe('expired');
  expect((await campaigns.report(id)).totals).toMatchObject({ expired: 6, joined: 1, revoked: 1 });
  await assertInvariants(database);

  // A season later nobody knows any more who did not come; the figures stay.
  server.pass(200 * day);
  const before = (await campaigns.report(id)).totals;
  await forgetInvitees(database, server.now());
  await forgetCampaignRows(database, server.now());
  const kept = await campaigns.rows(id);
  expect(kept.flatMap(({ email }) => email ?? [])).toEqual([address('joined')]);
  expect((await campaigns.report(id)).totals).toEqual(before);
  const { rows: found } = await database.raw(`select count(*)::int as count from guestlist.campaign_row r where r::text like '%bounced@%'`);
  expect(found[0].count).toBe(0);
  await assertInvariants(database);
});

function figures(known: Partial<Record<string, number>>) {
  return { made: 0, mailed: 0, bounced: 0, opened: 0, started: 0, joined: 0, declined: 0, expired: 0, revoked: 0, ...known };
}

test('the export has every row, and what would be a formula is text', async () => {
  const { campaigns } = server.guestlist;
  const csv = 'email;name\nann@example.org;=HYPERLINK("http://evil.example")\n+formula@example.org;@SUM(1)\nwrong;x\n'.replace(
    '=HYPERLINK("http://evil.example")',
    '"=HYPERLINK(""http://evil.example"")"',
  );
  const { id } = await campaigns.create({ name: 'Formulas', wish: { groups: ['choir'] }, rows: { csv } });
  await campaigns.run(id);
  let text = '';
  for await (const piece of campaigns.exportCsv(id)) text += piece;
  const rows: Record<string, string>[] = parse(text, { columns: true });
  expect(rows.map(({ row, email, name, state, failure }) => [row, email, name, state, failure])).toEqual([
    ['2', 'ann@example.org', `'=HYPERLINK("http://evil.example")`, 'made', ''],
    ['3', `'+formula@example.org`, `'@SUM(1)`, 'made', ''],
    ['4', '', '', 'failed', 'not_an_email'],
  ]);
  expect(rows[0]?.['made_at']).toMatch(/^\d{4}-\d{2}-\d{2}T/);
});

const cell = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .tuple(fc.constantFrom('=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠', '"', ',', '\n'), fc.string())
    .map((parts) => parts.join('')),
);

test('whatever a cell says, no exported cell begins a formula, and all of it can be read again', () => {
  fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 5 }), (records) => {
      const read: string[][] = parse(toCsv(records), { record_delimiter: '\r\n' });
      expect(read.length).toBe(records.length);
      for (const [line, cells] of records.entries()) {
        for (const [place, before] of cells.entries()) {
          const after = read[line]?.[place] ?? '';
          expect(after).not.toMatch(/^[=+\-@\t\r＝＋－＠]/);
          expect([before, `'${before}`]).toContain(after);
        }
      }
    }),
    { numRuns: 500 },
  );
});

/** The audit log in the console: what was done, narrowed, as a file, and proved. */
import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recordAudit } from '../../src/audit/audit.ts';
import { viewsDir } from '../../src/lib/page.ts';
import { secureRandom } from '../../src/lib/random.ts';
import type { Browser, Rest } from '../support/browser.ts';
import { type ConsoleSetting, createConsoleSetting, openConsole } from './setting.ts';

let setting: ConsoleSetting;
let browser: Browser;
let accountId: string;
/** 130 of them, a minute after the other, the last one now. */
const notes = 130;

beforeAll(async () => {
  setting = await createConsoleSetting();
  const { database, now } = setting.server;
  for (let number = 1; number <= notes; number += 1)
    await recordAudit(
      database,
      { at: new Date(now().getTime() - (notes - number) * 60_000), actor: 'operator', action: 'group.changed', subject: `note-${number}` },
      secureRandom,
    );
  ({ browser, accountId } = await setting.admin('ada'));
  await openConsole(browser, '/admin/audit');
});
afterAll(() => setting.server.close());

const subjectsOn = ({ $ }: Rest) =>
  $('tbody tr')
    .map((_, row) => $(row).find('td').eq(1).text().trim())
    .get();

const linkOn = ({ $ }: Rest, words: string) =>
  String(
    $('main a')
      .filter((_, link) => $(link).text().trim() === words)
      .attr('href'),
  );

describe('the list', () => {
  test('goes on page by page, newest first, without a gap or a double', async () => {
    let page = await browser.open('/admin/audit?action=group.changed');
    const seen = subjectsOn(page);
    expect([seen.length, seen[0]]).toEqual([50, `note-${notes}`]);
    while (linkOn(page, 'Next page') !== 'undefined') {
      page = await browser.open(linkOn(page, 'Next page'));
      seen.push(...subjectsOn(page));
    }
    expect(seen).toEqual(Array.from({ length: notes }, (_, index) => `note-${notes - index}`));
    expect(linkOn(page, 'Back to the start')).toBe('/admin/audit?action=group.changed');
  });

  test('is narrowed by who, by their id or their address, and by what it was done to', async () => {
    const byId = await browser.open(`/admin/audit?actor=${accountId}`);
    const byAddress = await browser.open('/admin/audit?actor=Ada%40example.org');
    expect(subjectsOn(byAddress)).toEqual(subjectsOn(byId));
    expect(byId.html).toContain('Account created');
    expect(byId.html).not.toContain('note-1');
    expect(subjectsOn(await browser.open('/admin/audit?subject=note-7'))).toEqual(['note-7']);
    expect((await browser.open('/admin/audit?actor=nobody%40example.org')).html).toContain('There is no entry');
  });

  test('is narrowed by days, the last one whole', async () => {
    const today = setting.server.now().toISOString().slice(0, 10);
    const tomorrow = setting.inDays(1).toISOString().slice(0, 10);
    expect(subjectsOn(await browser.open(`/admin/audit?from=${today}&until=${today}`)).length).toBeGreaterThan(0);
    expect(subjectsOn(await browser.open(`/admin/audit?from=${tomorrow}`))).toEqual([]);
    expect(subjectsOn(await browser.open('/admin/audit?until=2001-01-01'))).toEqual([]);
  });

  test.each(['from=yesterday', 'after=%27', 'action=%27;drop', 'actor=a&actor=b', 'until=2026-02-31', `subject=${'x'.repeat(500)}`])(
    'takes no harm from %s',
    async (query) => {
      const page = await browser.open(`/admin/audit?${query}`);
      expect([page.status, page.heading]).toEqual([200, 'Audit log']);
    },
  );

  test('has words for every deed there is, in every language of the console', () => {
    const source = readFileSync(new URL('../../src/audit/audit.ts', import.meta.url), 'utf8');
    const actions = [...(source.match(/type AuditAction =([^;]*);/)?.[1] ?? '').matchAll(/'([\w.]+)'/g)].map(([, action = '']) => action);
    expect(actions.length).toBeGreaterThan(50);
    for (const locale of ['en', 'de']) {
      const texts = JSON.parse(readFileSync(new URL(`text/${locale}.json`, viewsDir), 'utf8'));
      expect(actions.filter((action) => !texts[`console.deed.${action.replaceAll('.', '_')}`])).toEqual([]);
    }
  });
});

describe('as a file', () => {
  test('it has everything that the filters leave, oldest first, and no formulas', async () => {
    const at = setting.server.now();
    const entry = { at, actor: 'operator', action: 'group.changed', subject: '=cmd|calc', detail: { name: 'a "quoted"\nline' } } as const;
    await recordAudit(setting.server.database, entry, secureRandom);
    const csv = await browser.open('/admin/audit/export?format=csv&action=group.changed');
    expect(csv.headers['content-disposition']).toMatch(/^attachment; filename="guestlist-audit-\d{4}-\d\d-\d\d\.csv"$/);
    const [head, ...lines] = parse(csv.html) as string[][];
    expect(head).toEqual(['seq', 'id', 'at', 'actor', 'action', 'subject', 'address_block', 'request_id', 'detail']);
    expect(lines.map((line) => line[5])).toEqual([...Array.from({ length: notes }, (_, index) => `note-${index + 1}`), "'=cmd|calc"]);
    const jsonl = await browser.open('/admin/audit/export?format=jsonl&action=group.changed&subject=note-7');
    expect(
      jsonl.html
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([{ subject: 'note-7', actor: 'operator' }]);
  });

  test('that it was taken along is on record', async () => {
    await browser.open('/admin/audit/export?format=jsonl&subject=note-7');
    const [row] = await browser.open('/admin/audit?action=audit.exported').then(({ $ }) => $('tbody tr').first().text().split('\n'));
    expect(row).toBe('Audit log taken along');
  });

  test('it is the admins’ alone', async () => {
    const ben = await setting.manager('ben', 'choir');
    await openConsole(ben.browser, '/admin/audit');
    for (const path of ['/admin/audit/export?format=csv', '/admin/audit/chain', '/admin/audit'])
      expect((await ben.browser.open(path)).status).toBe(403);
  });
});

describe('the chain', () => {
  test('is shown to be whole, with a head to keep, which is known again', async () => {
    const page = await browser.open('/admin/audit/chain');
    const head = page.$('.copy code').text();
    expect(head).toMatch(/^\d+:[0-9a-f]{64}$/);
    expect(page.html).toContain('entries are what was written');
    expect((await browser.open(`/admin/audit/chain?head=${head}`)).html).toContain('entries are what was written');
    const forged = await browser.open(`/admin/audit/chain?head=${head.slice(0, -1)}${head.endsWith('0') ? '1' : '0'}`);
    expect(forged.html).toContain('does not have this head');
    expect((await browser.open('/admin/audit/chain?head=17')).html).toContain('A head is a number, a colon');
  });

  test('is shown to be broken, and where', async () => {
    const { database } = setting.server;
    const change = async (subject: string) => {
      await database.raw('alter table guestlist.audit_event disable trigger user');
      await database.raw("update guestlist.audit_event set subject = ? where subject in ('note-3', 'forged')", [subject]);
      await database.raw('alter table guestlist.audit_event enable trigger user');
    };
    await change('forged');
    const page = await browser.open('/admin/audit/chain');
    await change('note-3');
    expect(page.$('main').text()).toMatch(/Entry \d+ is not what it was when it was written\./);
    expect(page.$('.copy').length).toBe(0);
  });
});

test('a page that is not there says so within the console', async () => {
  const page = await browser.open('/admin/nowhere/at/all');
  expect([page.status, page.$('body').attr('data-code'), page.$('.side nav a').length]).toEqual([404, 'page_not_found', 11]);
});

/** What one person can begin without end is bounded: streams that are open, drafts, and forms that wait. */
import { get, type ClientRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mostStreams } from '../../src/console/event-stream.ts';
import type { Member } from '../journeys/setting.ts';
import { type ConsoleSetting, createConsoleSetting, openConsole } from './setting.ts';

let setting: ConsoleSetting;
let ada: Member;
beforeAll(async () => {
  setting = await createConsoleSetting();
  ada = await setting.admin('ada');
  await openConsole(ada.browser, '/admin/invitations');
});
afterAll(() => setting.server.close());

type Stream = { readonly request: ClientRequest; said: string; isOver: boolean };

async function listen({ browser }: Member, path: string): Promise<Stream> {
  const cookie = await browser.jar.getCookieString(setting.server.issuer);
  const stream: Stream = {
    request: get(`${setting.server.issuer}${path}`, { headers: { cookie }, agent: false }),
    said: '',
    isOver: false,
  };
  stream.request.on('error', () => undefined);
  stream.request.on('response', (response) => {
    response.setEncoding('utf8').on('data', (chunk) => {
      stream.said += chunk;
    });
    response.on('end', () => {
      stream.isOver = true;
    });
  });
  await expect.poll(() => stream.said, { timeout: 10_000 }).toContain('data: ');
  return stream;
}

test('of streams of one person the oldest makes room, is told to come again later, and nobody else is touched', async () => {
  const { id } = await setting.guestlist.invite({ groups: ['choir'], maxUses: 40 });
  const campaign = await setting.guestlist.campaigns.create({
    name: 'Spring',
    wish: { groups: ['choir'] },
    rows: { pasted: 'kim@example.org' },
  });
  const ben = await setting.manager('ben', 'choir');
  await openConsole(ben.browser, '/admin/invitations');
  const paths = [`/admin/invitations/${id}/joined`, `/admin/campaigns/${campaign.id}/progress`];
  const others = await listen(ben, paths[0] ?? '');
  const streams: Stream[] = [];
  for (let count = 0; count < mostStreams + 2; count += 1) streams.push(await listen(ada, paths[count % 2] ?? ''));
  const isOver = () => streams.map((stream) => stream.isOver);
  const expected = streams.map((_, index) => index < 2);
  await expect.poll(isOver, { timeout: 10_000 }).toEqual(expected);
  expect(streams[0]?.said).toMatch(/retry: 15000\n\n$/);
  expect(others.isOver).toBe(false);
  // Whoever leaves makes room as well, also where they came last.
  for (const left of streams.splice(4, 2)) left.request.destroy();
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  for (let count = 0; count < 2; count += 1) streams.push(await listen(ada, paths[0] ?? ''));
  expect(streams.slice(2).map((stream) => stream.isOver)).toEqual(Array(4).fill(false));
  for (const { request } of [...streams, others]) request.destroy();
});

describe('of what somebody began and left, the newest stays', () => {
  const countOf = async (table: string) => {
    const { rows } = await setting.server.database.raw(`select count(*)::int as count from guestlist.${table} where account_id = ?`, [
      ada.accountId,
    ]);
    return Number(rows[0].count);
  };

  test('as drafts of campaigns', async () => {
    const before = await countOf('told_answer');
    const drafts: string[] = [];
    for (let count = 0; count < 8; count += 1) {
      const page = await ada.browser.open('/admin/campaigns/new');
      const fields = { name: `Spring ${count}`, source: 'pasted', addresses: `kim-${count}@example.org`, 'group:choir': 'yes' };
      const checked = await ada.browser.submit(page, 'Try it out', fields);
      expect(checked.status).toBe(200);
      drafts.push(checked.url);
    }
    expect((await countOf('told_answer')) - before).toBe(5);
    const statuses: number[] = [];
    for (const url of drafts) statuses.push((await ada.browser.open(url)).status);
    expect(statuses).toEqual([404, 404, 404, 200, 200, 200, 200, 200]);
  });

  test('as forms that wait while one signs in again', async () => {
    const page = await ada.browser.open('/admin/app-registration');
    setting.server.pass(20 * 60);
    for (let count = 0; count < 13; count += 1) await ada.browser.submit(page, 'Make it', { uses: '1', days: '1' });
    expect(await countOf('console_held_form')).toBe(10);
  });
});

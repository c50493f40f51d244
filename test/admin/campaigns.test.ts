/** Campaigns by API: what the command line does, with the same entries on record, and to each only what is theirs. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createSetting, type Member, type Setting } from '../journeys/setting.ts';
import { createPersonsProgram, createProgram, type Program, type Told } from './calling.ts';

let setting: Setting;
let program: Program & { readonly clientId: string };
let maya: Member;
let manager: Program;

beforeAll(async () => {
  setting = await createSetting({ choir: 'Kammerchor Nord', board: 'Vorstand' });
  program = await createProgram(setting.server);
  maya = await setting.member('maya', { groups: ['choir:manager'] });
  manager = await createPersonsProgram(setting.server, maya.browser);
});
afterAll(() => setting?.server.close());
beforeEach(() => setting.server.database.raw('delete from guestlist.throttle'));

const create = (by: Program, body: object) => by.call('createCampaign', { body: { name: 'Spring', wish: { groups: ['choir'] }, ...body } });

async function made(by: Program, body: object): Promise<string> {
  const told = await create(by, body);
  if (told.status !== 201) throw new Error(told.text);
  return told.json.id;
}

const call = (by: Program, id: Parameters<Program['call']>[0], campaignId: string, body?: unknown): Promise<Told> =>
  by.call(id, { params: { campaignId }, body });

type Entry = {
  readonly action: string;
  readonly actor: string;
  readonly request_id: string | null;
  readonly detail: Record<string, unknown>;
};

async function entriesAbout(subject: string): Promise<Entry[]> {
  const { rows } = await setting.server.database.raw(
    'select action, actor, request_id, detail from guestlist.audit_event where subject = ? order by id',
    [subject],
  );
  return rows;
}

describe('a campaign by mail', () => {
  const rows = [
    { email: 'ada@example.net', name: 'Ada Park' },
    { email: 'no address' },
    { email: 'ADA@example.net' },
    { email: 'Ben Okafor <ben@example.net>', key: '17' },
    { email: 'eve@example.net', name: 'E\u202Eve' },
  ];

  test('is checked, stored, made in pieces and followed; each deed is on record with the app and the request', async () => {
    const checked = await program.call('checkCampaign', { body: { wish: { groups: ['choir'] }, rows } });
    expect(checked.json.counts).toEqual({ valid: 2, not_an_email: 1, duplicate: 1, name_not_plain: 1 });
    expect(checked.json.items[3]).toEqual({ position: 4, answer: 'valid', email: 'ben@example.net', name: 'Ben Okafor' });

    const told = await create(program, { rows });
    expect(told).toMatchObject({
      status: 201,
      json: { kind: 'mailed', state: 'running', rows: 5, waiting: 2, failed: 3, groups: ['choir'] },
    });
    expect(told.json.problems.map(({ position, answer }: { position: number; answer: string }) => [position, answer])).toEqual([
      [2, 'not_an_email'],
      [3, 'duplicate'],
      [5, 'name_not_plain'],
    ]);
    const { id } = told.json;
    expect(told.headers.get('location')).toBe(`${setting.server.issuer}/api/v1/campaigns/${id}`);

    const ran = await call(program, 'runCampaign', id, { most: 200 });
    expect(ran).toMatchObject({ status: 200, json: { state: 'done', made: 2, waiting: 0, cards: [], sheet: null } });
    const page = await program.call('listCampaignRows', { params: { campaignId: id }, query: { limit: 2 } });
    expect(page.json.items.map(({ position, state }: { position: number; state: string }) => [position, state])).toEqual([
      [1, 'made'],
      [2, 'failed'],
    ]);
    const rest = await program.call('listCampaignRows', { params: { campaignId: id }, query: { limit: 9, cursor: page.json.next } });
    expect(rest.json.items.map(({ position }: { position: number }) => position)).toEqual([3, 4, 5]);
    expect(rest.json.next).toBeUndefined();
    const report = await call(program, 'reportCampaign', id);
    expect(report.json).toMatchObject({ campaign: { id }, totals: { made: 2, joined: 0 }, days: [{ made: 2 }] });

    const entries = await entriesAbout(id);
    expect(entries.map(({ action, actor }) => [action, actor])).toEqual([
      ['campaign.created', 'operator'],
      ['campaign.run', 'operator'],
    ]);
    for (const { request_id, detail } of [...entries, ...(await entriesAbout(page.json.items[0].invitationId))]) {
      expect(request_id).toEqual(expect.any(String));
      expect(detail['client']).toBe(program.clientId);
    }
    expect(entries[1]?.detail).toMatchObject({ made: 2, failed: 0 });
  });

  test('asked for a piece, no more than that is made, and the next call goes on', async () => {
    const addresses = Array.from({ length: 150 }, (_, index) => `piece${index}@example.net`);
    const id = await made(program, { addresses });
    expect((await call(program, 'runCampaign', id, { most: 50 })).json).toMatchObject({ made: 100, waiting: 50, state: 'running' });
    expect((await call(program, 'runCampaign', id)).json).toMatchObject({ made: 150, waiting: 0, state: 'done' });
  });

  test('is cancelled with what nobody accepted, and resumed', async () => {
    const id = await made(program, { addresses: ['gus@example.net', 'hal@example.net'] });
    await call(program, 'runCampaign', id);
    expect((await call(program, 'cancelCampaign', id, { revoke: true })).json).toMatchObject({ state: 'cancelled', revoked: 2 });
    expect((await call(program, 'resumeCampaign', id, { failed: true })).json).toMatchObject({ state: 'done', made: 2 });
    expect((await entriesAbout(id)).map(({ action, detail }) => [action, detail['client']])).toEqual([
      ['campaign.created', program.clientId],
      ['campaign.run', program.clientId],
      ['campaign.cancelled', program.clientId],
      ['campaign.resumed', program.clientId],
    ]);
  });

  test('sent twice with one key it is one, and the second answer is the first', async () => {
    const sending = {
      body: { name: 'Once', wish: { groups: ['choir'] }, addresses: ['once@example.net'] },
      headers: { 'idempotency-key': 'spring-campaign-1' },
    };
    const first = await program.call('createCampaign', sending);
    const second = await program.call('createCampaign', sending);
    expect(first.status).toBe(201);
    expect([second.status, second.text]).toEqual([201, first.text]);
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
  });

  test('that cannot be is refused with what is wrong, and nothing is stored', async () => {
    const before = (await program.call('listCampaigns', { query: { limit: 200 } })).json.items.length;
    const refused: [object, number, string][] = [
      [{ addresses: ['a@example.net'], cards: 3 }, 422, 'wish_invalid'],
      [{}, 422, 'wish_invalid'],
      [{ addresses: ['a@example.net'], wish: { groups: ['nowhere'] } }, 404, 'group_not_found'],
      [{ addresses: ['a@example.net'], wish: { groups: ['choir'], pin: true } }, 422, 'wish_invalid'],
      [{ addresses: ['a@example.net'], wish: { groups: ['choir'], expiresAt: '2001-01-01T00:00:00Z' } }, 422, 'wish_invalid'],
      [{ addresses: ['a@example.net'], inviterId: 'nobody' }, 404, 'account_not_found'],
      [{ cards: 2_001 }, 422, 'wish_invalid'],
    ];
    for (const [body, status, code] of refused) expect(await create(program, body)).toMatchObject({ status, json: { code } });
    expect((await program.call('listCampaigns', { query: { limit: 200 } })).json.items.length).toBe(before);
  });
});

describe('cards', () => {
  test('are made once, told once, told again for the same key, and named', async () => {
    const id = await made(program, { cards: 3, wish: { groups: ['choir'], pin: true } });
    const headers = { 'idempotency-key': 'print-these-cards', prefer: 'return=minimal' };
    const sending = { params: { campaignId: id }, body: { sheet: true, locale: 'de' }, headers };
    const told = await program.call('runCampaign', sending);
    expect(told).toMatchObject({ status: 200, json: { made: 3, state: 'done' } });
    const [card] = told.json.cards;
    expect(card).toMatchObject({ position: 1, name: null, pin: expect.stringMatching(/^\d{6}$/), places: ['Kammerchor Nord'] });
    expect(card.url).toMatch(new RegExp(`^${setting.server.issuer}/invite/`));
    expect(told.json.sheet).toContain(card.pin);
    expect((await program.call('runCampaign', sending)).text).toBe(told.text);
    expect((await call(program, 'runCampaign', id)).json).toMatchObject({ cards: [], sheet: null });

    const params = { campaignId: id, position: 1 };
    const row = await program.call('getCampaignRow', { params });
    const etag = row.headers.get('etag') ?? '';
    const name = (text: string) => program.call('nameCampaignRow', { params, body: { name: text }, headers: { 'if-match': etag } });
    expect((await name('Ada Park')).json).toMatchObject({ position: 1, name: 'Ada Park', invitationId: card.invitationId });
    expect(await name('Ben')).toMatchObject({ status: 412, json: { code: 'version_conflict' } });
    const missing = await program.call('nameCampaignRow', { params: { ...params, position: 9 }, body: { name: 'x' } });
    expect(missing).toMatchObject({ status: 404, json: { code: 'campaign_row_not_found' } });
  });

  test('of somebody else are not made by a manager who sees them: their links would be in another name', async () => {
    const id = await made(program, { cards: 2 });
    expect((await call(manager, 'getCampaign', id)).status).toBe(200);
    expect(await call(manager, 'runCampaign', id)).toMatchObject({ status: 403, json: { code: 'access_denied' } });
    expect((await call(program, 'getCampaign', id)).json.waiting).toBe(2);
    const own = await made(manager, { cards: 2 });
    expect((await call(manager, 'runCampaign', own)).json.cards.length).toBe(2);
  });
});

describe('a manager', () => {
  test('makes them in their own name, within what they may give', async () => {
    const told = await create(manager, { addresses: ['ida@example.net'] });
    expect(told).toMatchObject({ status: 201, json: { inviterId: maya.accountId } });
    const [entry] = await entriesAbout(told.json.id);
    expect(entry).toMatchObject({ action: 'campaign.created', actor: maya.accountId });
    // What is there, but not theirs, is told like what is not there; and nobody invites by another name.
    for (const [wish, code] of [
      [{ groups: ['board'] }, 'group_not_found'],
      [{ groups: ['nowhere'] }, 'group_not_found'],
      [{ groups: ['choir'], rights: ['door:open'] }, 'right_not_found'],
      [{ groups: ['choir'], inviterName: 'The mayor' }, 'wish_invalid'],
    ] as const) {
      const other = { addresses: ['ida@example.net'], wish };
      expect((await create(manager, other)).json.code).toBe(code);
      expect((await manager.call('checkCampaign', { body: other })).json.code).toBe(code);
    }
    const query = { name: 'x', wish: '{"groups":["board"]}', dryRun: 'yes' };
    const file = { query, body: 'email\nida@example.net\n', headers: { 'content-type': 'text/csv' } };
    expect((await manager.call('importCampaign', file)).json.code).toBe('group_not_found');
    await call(manager, 'runCampaign', told.json.id);
    const { rows } = await setting.server.database.raw('select inviter_name from guestlist.invitation where campaign_id = ?', [
      told.json.id,
    ]);
    expect(rows).toEqual([{ inviter_name: 'maya' }]);
    expect(await create(manager, { addresses: ['ida@example.net'], inviterId: 'operator' })).toMatchObject({ status: 403 });
  });

  test('sees those that they made and those of their groups alone; the others are not there', async () => {
    const mine = await made(manager, { addresses: ['jo@example.net'] });
    const ofChoir = await made(program, { addresses: ['kim@example.net'] });
    const ofBoth = await made(program, { addresses: ['lou@example.net'], wish: { groups: ['choir', 'board'] } });
    const withRight = await made(program, { addresses: ['mo@example.net'], wish: { groups: ['choir'], rights: ['door:open'] } });
    const ids: string[] = [];
    for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
      const { json } = await manager.call('listCampaigns', { query: { limit: 2, ...(cursor === undefined ? {} : { cursor }) } });
      ids.push(...json.items.map(({ id }: { id: string }) => id));
      cursor = json.next;
    }
    expect(ids).toEqual(ids.toSorted().toReversed());
    expect(ids.slice(0, 2)).toEqual([ofChoir, mine]);
    expect(ids).not.toContain(ofBoth);
    expect(ids).not.toContain(withRight);

    for (const campaignId of [ofBoth, withRight, '0199f3f0-0000-7000-8000-000000000001'])
      for (const id of [
        'getCampaign',
        'runCampaign',
        'cancelCampaign',
        'resumeCampaign',
        'reportCampaign',
        'listCampaignRows',
        'exportCampaign',
      ] as const)
        expect(await call(manager, id, campaignId)).toMatchObject({ status: 404, json: { code: 'campaign_not_found' } });
    expect((await call(program, 'getCampaign', ofBoth)).json.state).toBe('running');
    const own = await program.call('listCampaigns', { query: { inviterId: maya.accountId, limit: 200 } });
    expect(new Set(own.json.items.map(({ inviterId }: { inviterId: string }) => inviterId))).toEqual(new Set([maya.accountId]));
  });
});

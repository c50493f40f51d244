/** A card in the place of one that went astray: it stays in its campaign, and what is known of the old one is told by the person's name. */
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createBrowser } from '../support/browser.ts';
import { databaseUrlOf, runCommand } from '../support/command.ts';
import { assertInvariants } from '../support/invariants.ts';
import { mailbox, mailedLink, testSecret } from '../support/mail.ts';
import { join, typePin } from '../support/people.ts';
import { createSetting, type Member, refused, refusalOn, type Setting } from '../journeys/setting.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let setting: Setting;
let maya: Member;

beforeAll(async () => {
  setting = await createSetting({ choir: 'Kammerchor Nord' });
  maya = await setting.member('maya', { groups: ['choir:manager'] });
});
afterAll(() => setting?.server.close());

const visitor = () => createBrowser(setting.server.issuer);
const rowsOf = (id: string) => setting.guestlist.campaigns.rows(id);

async function cards(count: number, pin?: true) {
  const { campaigns } = setting.guestlist;
  const wish = { groups: ['choir'], ...(pin && { pin }) };
  const { id } = await campaigns.create({ name: 'Open day', inviterId: maya.accountId, wish, rows: { cards: count } });
  return { id, cards: (await campaigns.run(id)).cards };
}

async function exported(id: string): Promise<Record<string, string>[]> {
  let text = '';
  for await (const piece of setting.guestlist.campaigns.exportCsv(id)) text += piece;
  return parse(text, { columns: true });
}

it('is in the report and the export instead of the old one, and the openings of that one are nobody’s news', async () => {
  const { campaigns, reissue, leaks } = setting.guestlist;
  const campaign = await cards(2);
  const { id } = campaign;
  const [first] = campaign.cards;
  await campaigns.nameCard(id, 1, 'Ada');
  const others = Array.from({ length: 5 }, visitor);
  for (const other of others) await other.open(first?.url ?? '');
  await join(others[4] ?? visitor(), first?.url ?? '', { email: 'mallory@example.org', name: 'Mallory' });
  expect(await rowsOf(id)).toMatchObject([{ state: 'joined', name: 'Ada' }, { state: 'made' }]);

  const again = await reissue(first?.invitationId ?? '', maya.accountId);
  // Mallory is in, but Ada is not; nobody has opened hers.
  expect(await rowsOf(id)).toMatchObject([
    { position: 1, state: 'made', name: 'Ada', invitationId: again.id, openedAt: undefined, joinedAt: undefined, revokedAt: undefined },
    { position: 2, state: 'made' },
  ]);
  expect((await campaigns.report(id)).totals).toMatchObject({ made: 2, opened: 0, joined: 0, revoked: 0 });
  expect(refusalOn(await visitor().open(first?.url ?? ''))).toEqual(refused.revoked);
  expect((await rowsOf(id))[0]?.openedAt).toBeUndefined();

  const found = await leaks({ campaignId: id });
  expect(found).toMatchObject([
    {
      ...{ invitationId: first?.invitationId, givenTo: 'Ada', replacedBy: again.id, reasons: ['opened_after_use', 'opened_by_many'] },
      ...{ accountId: await setting.accountIdOf('mallory@example.org'), facts: { browsers: 6, openedAfterUse: 1 } },
    },
  ]);

  expect((await join(visitor(), again.url ?? '', { email: 'ada@example.org', name: 'Ada' })).heading).toBe('You’re in!');
  expect((await exported(id)).map(({ name, state, invitation }) => [name, state, invitation])).toEqual([
    ['Ada', 'joined', again.id],
    ['', 'made', campaign.cards[1]?.invitationId],
  ]);
  await assertInvariants(setting.server.database);
});

it('goes by the name that its card is given later, and so does what it took the place of, however often', async () => {
  const { campaigns, reissue, leaks, find } = setting.guestlist;
  const campaign = await cards(1);
  const { id } = campaign;
  const [card] = campaign.cards;
  const others = Array.from({ length: 5 }, visitor);
  for (const other of others) await other.open(card?.url ?? '');
  const second = await reissue(card?.invitationId ?? '', 'operator');
  for (const other of others) await other.open(second.url ?? '');
  const third = await reissue(second.id, 'operator');
  await campaigns.nameCard(id, 1, 'Gudrun');
  expect((await leaks({ campaignId: id })).map(({ invitationId, givenTo, replacedBy }) => [invitationId, givenTo, replacedBy])).toEqual([
    [second.id, 'Gudrun', third.id],
    [card?.invitationId, 'Gudrun', second.id],
  ]);
  for (const one of [card?.invitationId ?? '', second.id, third.id]) expect((await find(one))?.label).toBe('Gudrun');
  const environment = {
    DATABASE_URL: databaseUrlOf(setting.server.connection),
    ISSUER: setting.server.issuer,
    GUESTLIST_SECRET: testSecret,
  };
  const { stdout } = await runCommand(['invitation', 'leaks', '--campaign', id], environment);
  expect(stdout.match(/given to Gudrun {2}\(revoked\) {2}\(replaced by/g)).toHaveLength(2);
  // Taken back with the rest of the campaign.
  expect(await campaigns.cancel(id, { revoke: true })).toMatchObject({ revoked: 1 });
  expect(refusalOn(await visitor().open(third.url ?? ''))).toEqual(refused.revoked);
  await assertInvariants(setting.server.database);
});

it('is mailed again to whoever the row is for', async () => {
  const { campaigns, reissue } = setting.guestlist;
  const { id } = await campaigns.create({ name: 'By mail', wish: { groups: ['choir'] }, rows: { pasted: 'Ben <ben@example.org>' } });
  await campaigns.run(id);
  const before = await mailedLink(setting.server.database, 'ben@example.org');
  const again = await reissue((await rowsOf(id))[0]?.invitationId ?? '', 'operator');
  expect(again.url).toBeUndefined();
  expect(refusalOn(await visitor().open(before))).toEqual(refused.revoked);
  await visitor().open(await mailedLink(setting.server.database, 'ben@example.org'));
  expect(await rowsOf(id)).toMatchObject([{ state: 'opened', invitationId: again.id, email: 'ben@example.org' }]);
  await assertInvariants(setting.server.database);
});

it('with a PIN that others try is reported by the person’s name, and its inviter is told once by mail', async () => {
  const { campaigns, leaks, reissue } = setting.guestlist;
  const campaign = await cards(2, true);
  const { id } = campaign;
  await campaigns.nameCard(id, 1, 'Hal');
  const [card, quiet] = campaign.cards;
  const slips = async (url = '', pin = '', times = 5) => {
    const browser = visitor();
    const page = await browser.open(url);
    for (let slip = 0; slip < times; slip += 1) await typePin(browser, page, pin === '000000' ? '111112' : '000000');
  };
  const told = async () =>
    (await mailbox(setting.server.database, maya.email)).filter(({ subject }) => subject.startsWith('Too many wrong codes'));
  await slips(quiet?.url, quiet?.pin, 4);
  expect(await leaks({ campaignId: id })).toEqual([]);
  expect(await told()).toEqual([]);
  await slips(card?.url, card?.pin);
  expect(await leaks({ campaignId: id })).toMatchObject([
    { invitationId: card?.invitationId, givenTo: 'Hal', reasons: ['pin_failures'], facts: { pinFailures: 5 }, accountId: undefined },
  ]);
  const mails = await told();
  expect(mails).toHaveLength(1);
  expect(mails[0]?.text).toContain('Hal');
  expect(mails[0]?.text).not.toContain(card?.url.split('/').at(-1));
  // The card in its place has a PIN of its own, and no wrong ones.
  const again = await reissue(card?.invitationId ?? '', maya.accountId);
  const browser = visitor();
  expect((await typePin(browser, await browser.open(again.url ?? ''), again.pin ?? '')).status).toBe(200);
  expect((await leaks({ campaignId: id })).map(({ replacedBy }) => replacedBy)).toEqual([again.id]);
});

/** Personal links in other hands: what is noted, who is told, and what can be done about it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forgetAttempts } from '../../src/invitation/leak.ts';
import type { Issued } from '../../src/calls.ts';
import { type Browser, createBrowser } from '../support/browser.ts';
import { databaseUrlOf, runCommand } from '../support/command.ts';
import { mailbox, mailedLink, testSecret } from '../support/mail.ts';
import { join } from '../support/people.ts';
import { createSetting, type Member, refused, refusalOn, type Setting } from './setting.ts';

let setting: Setting;
let maya: Member;

beforeAll(async () => {
  setting = await createSetting({ choir: 'Kammerchor Nord', stage: 'Stage crew' }, { proxyCount: 1 });
  maya = await setting.member('maya', { groups: ['choir:manager'] });
});
afterAll(() => setting?.server.close());

/** Each from another place. */
function stranger(place: number): Browser {
  const browser = createBrowser(setting.server.issuer);
  const from = { 'x-forwarded-for': `203.0.${place}.7` };
  return {
    ...browser,
    open: (address, headers) => browser.open(address, { ...from, ...headers }),
    submit: (page, button, fields, headers) => browser.submit(page, button, fields, { ...from, ...headers }),
    post: (address, fields, headers) => browser.post(address, fields, { ...from, ...headers }),
  };
}
const cardFor = (label: string) => setting.guestlist.invite({ groups: ['choir'], label, inviterId: maya.accountId });
const leakOf = async (id: string) => (await setting.guestlist.leaks({ invitationIds: [id] }))[0];
const told = async () => (await mailbox(setting.server.database, maya.email)).filter(({ subject }) => subject.includes('other hands'));

describe('the card of Ada', () => {
  let card: Awaited<ReturnType<typeof cardFor>>;

  it('is reported with her name and the facts, opened by five others and used by one of them', async () => {
    card = await cardFor('Ada');
    await stranger(1).open(card.url);
    const others = [2, 3, 4, 5, 6].map(stranger);
    for (const other of others) await other.open(card.url);
    // Mail scanners and previews open links as well: nobody is mailed for that.
    expect(await told()).toEqual([]);
    await join(others[4]!, card.url, { email: 'mallory@example.org', name: 'Mallory' });
    expect(await told()).toHaveLength(1);
    const leak = await leakOf(card.id);
    expect(leak).toMatchObject({
      invitationId: card.id,
      givenTo: 'Ada',
      inviterId: maya.accountId,
      accountId: await setting.accountIdOf('mallory@example.org'),
      reasons: ['opened_by_many'],
      facts: { browsers: 6, addressBlocks: 6, openedAfterUse: 0, pinFailures: 0, joinedByOtherAddress: false },
    });
    expect(leak?.attempts.map(({ kind, addressBlock }) => [kind, addressBlock])).toEqual([
      ...[1, 2, 3, 4, 5, 6].map((place) => ['opened', `203.0.${place}.0/24`]),
      ['joined', '203.0.6.0/24'],
    ]);
  });

  it('is opened by Ada herself, too late: that is noted as well, and her inviter is not mailed twice', async () => {
    expect(refusalOn(await stranger(1).open(card.url))).toEqual(refused.usedUp);
    expect(await leakOf(card.id)).toMatchObject({ reasons: ['opened_after_use', 'opened_by_many'], facts: { openedAfterUse: 1 } });
    const mails = await told();
    expect(mails).toHaveLength(1);
    expect(mails[0]?.text).toContain('Ada');
    expect(mails[0]?.text).not.toContain(card.token);
    const { rows } = await setting.server.database.raw('select detail from guestlist.audit_event where action = ? and subject = ?', [
      'invitation.leak_suspected',
      card.id,
    ]);
    expect(rows).toEqual([{ detail: { reasons: ['opened_by_many'] } }]);
  });

  it('is told by the command line, and replaced by it in one step', async () => {
    const environment = {
      DATABASE_URL: databaseUrlOf(setting.server.connection),
      ISSUER: setting.server.issuer,
      GUESTLIST_SECRET: testSecret,
    };
    const { stdout } = await runCommand(['invitation', 'leaks'], environment);
    expect(stdout).toMatch(
      /given to Ada\n {2}opened 1 times by others after[^\n]*\n {2}opened in 7 browsers, from 6 places\n {2}mallory@example\.org joined/,
    );
    const { stdout: json, stderr } = await runCommand(['invitation', 'reissue', card.id, '--json'], environment);
    expect(stderr).toBe('');
    const issued = JSON.parse(json) as Issued;
    expect(refusalOn(await stranger(7).open(card.url))).toEqual(refused.revoked);
    expect((await join(stranger(1), issued.url ?? '', { email: 'ada@example.org' })).heading).toBe('You’re in!');
    expect(await leakOf(card.id)).toMatchObject({ replacedBy: issued.id, givenTo: 'Ada' });
    expect(await leakOf(issued.id)).toBeUndefined();
    const { stdout: shown } = await runCommand(['invitation', 'leaks'], environment);
    expect(shown).toContain(`(revoked)  (replaced by ${issued.id})`);
  });
});

it('of a campaign is reported by the name that its card was given later', async () => {
  const { campaigns } = setting.guestlist;
  const { id } = await campaigns.create({ name: 'Open day', wish: { groups: ['stage'] }, rows: { cards: 3 } });
  const { cards } = await campaigns.run(id);
  await campaigns.nameCard(id, 2, 'Gudrun');
  for (let place = 70; place < 76; place += 1) await stranger(place).open(cards[1]!.url);
  await stranger(76).open(cards[0]!.url);
  const leaks = await setting.guestlist.leaks({ campaignId: id });
  expect(leaks).toMatchObject([{ givenTo: 'Gudrun', reasons: ['opened_by_many'], facts: { browsers: 6, addressBlocks: 6 } }]);
  expect(await setting.guestlist.leaks({ campaignId: 'another' })).toEqual([]);
  // Of thousands that a mail scanner had a look at, the one is found.
  await stranger(77).open(cards[2]!.url);
  expect(await setting.guestlist.leaks({ campaignId: id, limit: 1 })).toMatchObject([{ givenTo: 'Gudrun' }]);
  const again = await setting.guestlist.reissue(leaks[0]!.invitationId, 'operator');
  expect((await setting.guestlist.find(again.id))?.label).toBe('Gudrun');
});

describe('what is no leak', () => {
  it('is a person who opens the link on a telephone and again on a computer, and comes back to it', async () => {
    const card = await cardFor('Ben');
    const [phone, computer] = [stranger(20), stranger(21)];
    for (const browser of [phone, phone, computer]) await browser.open(card.url);
    await join(computer, card.url, { email: 'ben@example.org' });
    for (let visit = 0; visit < 3; visit += 1) await computer.open(card.url);
    expect(await leakOf(card.id)).toBeUndefined();
    // Another day, another visit: whoever is signed in and came by it is nobody else.
    await setting.server.database.raw('delete from guestlist.visit');
    await computer.open(card.url);
    expect(await leakOf(card.id)).toBeUndefined();
  });

  it('is a link for many, and a preview', async () => {
    const poster = await setting.guestlist.invite({ groups: ['choir'], maxUses: 100 });
    for (let place = 30; place < 37; place += 1) await stranger(place).open(poster.url);
    expect(await leakOf(poster.id)).toBeUndefined();
    const card = await cardFor('Cleo');
    for (let place = 0; place < 7; place += 1) await fetch(card.url, { method: 'HEAD', redirect: 'manual' });
    expect(await leakOf(card.id)).toBeUndefined();
  });
});

describe('somebody else than the addressee', () => {
  it('is reported who joins by a mail that was passed on', async () => {
    const { id } = await setting.guestlist.invite({ groups: ['stage'], email: 'dora@example.org', emailRule: 'any' });
    await join(stranger(40), await mailedLink(setting.server.database, 'dora@example.org'), { email: 'eve@example.org' });
    expect(await leakOf(id)).toMatchObject({ givenTo: 'dora@example.org', reasons: ['joined_other_address'] });
  });

  it('is not reported where the addressee joins', async () => {
    const { id } = await setting.guestlist.invite({ groups: ['stage'], email: 'finn@example.org', emailRule: 'any' });
    await join(stranger(41), await mailedLink(setting.server.database, 'finn@example.org'), { email: 'finn@example.org' });
    expect(await leakOf(id)).toBeUndefined();
  });
});

describe('what is kept', () => {
  it('is fifty openings at most, and nothing after ninety days', async () => {
    const card = await cardFor('Gus');
    for (let place = 0; place < 55; place += 1) await stranger(place).open(card.url);
    expect((await leakOf(card.id))?.facts).toMatchObject({ browsers: 50 });
    await forgetAttempts(setting.server.database, setting.inDays(89));
    expect(await leakOf(card.id)).toBeDefined();
    await forgetAttempts(setting.server.database, setting.inDays(91));
    expect(await leakOf(card.id)).toBeUndefined();
  });

  it('counts wrong PINs', async () => {
    const { url, id } = await setting.guestlist.invite({ groups: ['choir'], label: 'Hal', pin: '471193' });
    const browser = stranger(60);
    const page = await browser.open(url);
    for (let slip = 0; slip < 5; slip += 1) await browser.submit(page, 'Continue', { pin: `98312${slip}` });
    expect(await leakOf(id)).toMatchObject({ givenTo: 'Hal', reasons: ['pin_failures'], facts: { pinFailures: 5 } });
  });
});

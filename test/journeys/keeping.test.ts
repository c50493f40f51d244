/** What outlives its inviter, what is forgotten, and a server that takes nobody new. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { forgetCampaignRows } from '../../src/campaign/retention.ts';
import { forgetInvitees } from '../../src/invitation/retention.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { queueMail } from '../../src/mail/outbox.ts';
import { createBrowser } from '../support/browser.ts';
import { findContradictions } from '../support/invariants.ts';
import { mailedLink } from '../support/mail.ts';
import { join, openAsNewcomer, signIn } from '../support/people.ts';
import { startTestServer } from '../support/server.ts';
import { accept, createSetting, type Setting } from './setting.ts';

let setting: Setting;

beforeAll(async () => {
  setting = await createSetting({ choir: 'Kammerchor Nord', board: 'Vorstand' });
});
afterAll(() => setting?.server.close());

test('an inviter leaves: their invitation is suspended, somebody who may takes it over, and it is good again (G5)', async () => {
  const { guestlist, server } = setting;
  const maya = await setting.member('maya', { groups: ['choir:manager'] });
  const nils = await setting.member('nils', { groups: ['choir:manager'] });
  const outsider = await setting.member('outsider');
  const { url, id } = await guestlist.invite({ groups: ['choir'], inviterId: maya.accountId });
  await server.database.raw('update guestlist.account set disabled_at = now() where id = ?', [maya.accountId]);
  expect((await createBrowser(server.issuer).open(url)).status).toBe(403);
  await expect(guestlist.adopt(id, outsider.accountId)).rejects.toMatchObject({ code: 'grant_not_allowed' });
  await guestlist.adopt(id, nils.accountId);
  expect(await guestlist.find(id)).toMatchObject({ state: 'open', inviterId: nils.accountId });
  expect((await join(createBrowser(server.issuer), url, { email: 'adopted@example.org' })).heading).toBe('You’re in!');
  expect((await guestlist.timeline(id)).map(({ what }) => what)).toContain('invitation.adopted');
  await guestlist.revoke(id, 'operator');
  await expect(guestlist.adopt(id, 'operator')).rejects.toMatchObject({ code: 'invitation_revoked' });
});

test('who confirmed an invitation cannot take it over and leave it confirmed', async () => {
  const { guestlist } = setting;
  await guestlist.addGroup({ slug: 'vault', name: 'Vault', sensitive: true });
  const second = await setting.member('second', { rights: ['guestlist:admin'] });
  const { id } = await guestlist.invite({ groups: ['vault'] });
  await guestlist.confirm(id, second.accountId);
  expect((await guestlist.find(id))?.state).toBe('open');
  await guestlist.adopt(id, second.accountId);
  expect(await guestlist.find(id)).toMatchObject({ state: 'suspended', confirmedAt: undefined });
});

test('ninety days after the end nobody knows any more who was invited and did not come; who came stays (M7)', async () => {
  const { guestlist, server } = setting;
  const never = await guestlist.invite({ groups: ['choir'], email: 'never-came@example.org' });
  const came = await guestlist.invite({ groups: ['choir'], email: 'came@example.org' });
  await join(createBrowser(server.issuer), await mailedLink(server.database, 'came@example.org'), { email: 'came@example.org' });
  await forgetInvitees(server.database, setting.inDays(7 + 89));
  expect((await guestlist.find(never.id))?.email).toBe('never-came@example.org');
  expect(await forgetInvitees(server.database, setting.inDays(7 + 91))).toBe(1);
  expect(await guestlist.find(never.id)).toMatchObject({ email: undefined, state: 'revoked', usedCount: 0, maxUses: 1 });
  expect((await guestlist.find(came.id))?.email).toBe('came@example.org');
  for (const table of ['mail', 'invitation', 'audit_event']) {
    const { rows } = await server.database.raw(
      `select count(*)::int as count from guestlist.${table} t where t::text ilike '%never-came%'`,
    );
    expect({ table, count: rows[0].count }).toEqual({ table, count: 0 });
  }
  expect((await guestlist.timeline(never.id)).map(({ what }) => what)).toContain('invitation.created');
  expect(await findContradictions(server.database)).toEqual([]);
});

test('nor who was invited where somebody only asked to join, in vain (M7)', async () => {
  const { guestlist, server } = setting;
  const wish = { wish: { groups: ['choir'], emailRule: 'any', approval: true } } as const;
  const emails = ['rejected@example.org', 'nobody-decided@example.org'];
  const { id } = await guestlist.campaigns.create({ name: 'Asked', ...wish, rows: { people: emails.map((email) => ({ email })) } });
  await guestlist.campaigns.run(id);
  const rows = await guestlist.campaigns.rows(id);
  for (const [index, email] of emails.entries())
    await accept(await setting.member(`asks-${index}`), await mailedLink(server.database, email), 'Ask to join');
  await guestlist.reject(rows[0]?.invitationId ?? '', await setting.accountIdOf('asks-0@example.org'), 'operator');
  await forgetInvitees(server.database, setting.inDays(7 + 91 + 14));
  await forgetCampaignRows(server.database, setting.inDays(7 + 91 + 14));
  for (const { invitationId = '' } of rows) expect((await guestlist.find(invitationId))?.email).toBeUndefined();
  expect((await guestlist.campaigns.rows(id)).map(({ email }) => email)).toEqual([undefined, undefined]);
});

test('nor what their invitation was called, nor what their inviter was mailed about them', async () => {
  const { guestlist, server } = setting;
  const maya = await setting.member('maya-keeps', { groups: ['choir:manager'] });
  const [email, name] = ['no-mailbox@example.org', 'Petra Nobody'];
  const { id } = await guestlist.invite({ groups: ['choir'], email, label: name, inviterId: maya.accountId });
  const people = [{ email: 'hers-too@example.org', name }];
  const campaign = await guestlist.campaigns.create({ name: 'Fair', wish: { groups: ['choir'] }, rows: { people } });
  await guestlist.campaigns.run(campaign.id);
  const cards = await guestlist.campaigns.create({ name: 'Fair', wish: { groups: ['choir'] }, rows: { cards: 1 } });
  const [card] = (await guestlist.campaigns.run(cards.id)).cards;
  await guestlist.campaigns.nameCard(cards.id, 1, name);
  await guestlist.reissue(card?.invitationId ?? '', 'operator');
  const notice = { kind: 'notice', to: maya.email, subject: 'x', text: `not delivered to ${email}`, html: `<p>${name}</p>` };
  await queueMail(server.database, notice, { now: server.now(), random: secureRandom, invitationId: id });
  await forgetInvitees(server.database, setting.inDays(7 + 91));
  await forgetCampaignRows(server.database, setting.inDays(7 + 91));
  for (const table of ['mail', 'invitation', 'campaign_row', 'audit_event'])
    for (const word of [email, name, 'hers-too@example.org']) {
      const { rows } = await server.database.raw(`select count(*)::int as count from guestlist.${table} t where t::text ilike ?`, [
        `%${word}%`,
      ]);
      expect({ table, word, count: rows[0].count }).toEqual({ table, word, count: 0 });
    }
});

test('where nobody may register, newcomers are told so and accounts go on accepting (H11)', async () => {
  const open = await startTestServer();
  await open.addGroup('choir');
  await open.addGroup('board');
  await join(createBrowser(open.issuer), (await open.guestlist.invite({ groups: ['choir'] })).url, { email: 'inside@example.org' });
  const closed = await startTestServer({ on: { ...open, drop: async () => undefined }, registration: 'nobody' });
  try {
    const { url, id } = await closed.guestlist.invite({ groups: ['board'] });
    const page = await openAsNewcomer(createBrowser(closed.issuer), url);
    expect({ status: page.status, heading: page.heading }).toEqual({ status: 403, heading: 'Nobody new can join right now' });
    const browser = createBrowser(closed.issuer);
    const question = await signIn(browser, await browser.submit(await browser.open(url), 'login'), { email: 'inside@example.org' });
    expect((await browser.submit(question, 'Join')).heading).toBe('You’re in!');
    expect((await closed.guestlist.find(id))?.usedCount).toBe(1);
  } finally {
    await closed.close();
    await open.close();
  }
});

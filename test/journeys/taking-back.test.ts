/** An inviter who cannot be trusted any more: everything that they issued is ended, and what was given through it can be taken back. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createBrowser } from '../support/browser.ts';
import { databaseUrlOf, runCommand } from '../support/command.ts';
import { assertInvariants, count, snapshot } from '../support/invariants.ts';
import { testSecret } from '../support/mail.ts';
import { join, type Member } from '../support/people.ts';
import { createLogoutSetting, expectAlive, expectDead, type LogoutSetting } from './app-logout-setting.ts';
import { refused, refusalOn } from './setting.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let setting: LogoutSetting;
let ivy: Member;
let admin: Member;

beforeAll(async () => {
  setting = await createLogoutSetting();
  const { guestlist } = setting.server;
  await guestlist.addRight({ name: 'guestlist:admin' });
  ivy = await setting.boardMember('ivy', ['board:manager', 'stage:manager']);
  admin = await setting.boardMember('admin', []);
  await guestlist.grant(admin.accountId, { rights: ['guestlist:admin'] });
});
afterAll(() => setting?.close());

const command = (...args: string[]) =>
  runCommand(['account', 'revoke-invitations', ...args], {
    DATABASE_URL: databaseUrlOf(setting.server.connection),
    ISSUER: setting.server.issuer,
    GUESTLIST_SECRET: testSecret,
  });

async function accountOf(email: string): Promise<string> {
  const { rows } = await setting.server.database.raw('select account_id from guestlist.account_email where email = ?', [email]);
  return rows[0].account_id;
}

/** Somebody who came to the board by a link of this inviter's. */
async function guestOf(inviterId: string, name: string): Promise<Member & { readonly id: string }> {
  const { id, url } = await setting.server.guestlist.invite({ groups: ['board'], inviterId });
  const [browser, email] = [createBrowser(setting.server.issuer), `${name}@example.org`];
  await join(browser, url, { email, name });
  return { id, browser, email, accountId: await accountOf(email) };
}

const audited = async (action: string, subject: string) =>
  (await setting.server.database('guestlist.audit_event').where({ action, subject }).select('actor', 'detail')).map(
    ({ actor, detail }) => ({ actor, detail }),
  );

describe('everything that ivy issued', () => {
  let kim: Member & { readonly id: string };
  let open: { readonly id: string; readonly url: string };
  let mailed: { readonly id: string };
  let foreign: { readonly id: string; readonly url: string };
  let campaignId: string;

  beforeAll(async () => {
    const { guestlist } = setting.server;
    kim = await guestOf(ivy.accountId, 'kim');
    open = await guestlist.invite({ groups: ['stage'], inviterId: ivy.accountId, maxUses: 3 });
    mailed = await guestlist.invite({ groups: ['stage'], inviterId: ivy.accountId, email: 'lou@example.org' });
    foreign = await guestlist.invite({ groups: ['stage'] });
    const rows = { pasted: 'mo@example.org\nned@example.org' };
    ({ id: campaignId } = await guestlist.campaigns.create({
      name: 'Summer',
      inviterId: ivy.accountId,
      wish: { groups: ['stage'] },
      rows,
    }));
  });

  it('is told by a dry run, which ends nothing', async () => {
    const before = await snapshot(setting.server.database);
    const { stdout, exitCode } = await command('ivy@example.org', '--undo', '--dry-run');
    expect(exitCode).toBe(0);
    expect(stdout.split('\n')).toEqual([
      `campaign ${campaignId}  would make no more`,
      `${open.id}  would be revoked`,
      `${mailed.id}  would be revoked`,
      'Would be taken back:',
      '  kim@example.org  board:member',
      'They may still invite to board stage.',
      '',
    ]);
    expect(await snapshot(setting.server.database)).toEqual(before);
    expect(await setting.server.guestlist.campaigns.find(campaignId)).toMatchObject({ state: 'running' });
  });

  it('is nothing that a manager, or ivy, may end in one go', async () => {
    const { revokeAll } = setting.server.guestlist.inviters;
    for (const actor of [ivy.accountId, kim.accountId, 'nobody'])
      await expect(revokeAll(ivy.accountId, { undo: true }, actor)).rejects.toMatchObject({ code: 'grant_not_allowed' });
    expect((await setting.server.guestlist.find(open.id))?.state).toBe('open');
  });

  it('is ended by one command, with what was given through it: the next token lacks it, and the app that needs it hears of it', async () => {
    const { guestlist, database, issuer } = setting.server;
    const tokens = await setting.closed.signInSilently(kim.browser);
    const elsewhere = await setting.open.signInSilently(kim.browser);
    expect(elsewhere.claims()?.['groups']).toEqual(['board']);
    await setting.forget();

    const { stdout, stderr } = await command('ivy@example.org', '--undo', '--json');
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      dryRun: false,
      cancelled: [campaignId],
      revoked: [open.id, mailed.id],
      undone: [{ invitationId: kim.id, accountId: kim.accountId, email: 'kim@example.org', grants: ['board:member'] }],
      mayStillInviteTo: ['board', 'stage'],
    });
    expect(refusalOn(await createBrowser(issuer).open(open.url))).toEqual(refused.revoked);
    expect(await count(database, `mail where invitation_id = '${mailed.id}' and cancelled_at is null`)).toBe(0);
    expect(await guestlist.campaigns.runDue()).toBe(0);
    expect(await count(database, `invitation where campaign_id = '${campaignId}'`)).toBe(0);
    expect((await guestlist.find(foreign.id))?.state).toBe('open');

    expect((await setting.open.signInSilently(kim.browser)).claims()?.['groups']).toEqual([]);
    await expectDead(setting.closed, tokens);
    await setting.thoroughly();
    expect(setting.receiver.tokens).toHaveLength(1);
    expect(await setting.verified(setting.receiver.tokens[0])).toMatchObject({ sub: kim.accountId, sid: tokens.claims()?.['sid'] });
    await expectAlive(setting.open, elsewhere);

    expect(await audited('inviter.revoked', ivy.accountId)).toEqual([
      { actor: 'operator', detail: { campaigns: 1, invitations: 2, undone: 1 } },
    ]);
    for (const [action, subject] of [
      ['campaign.cancelled', campaignId],
      ['invitation.revoked', open.id],
      ['invitation.revoked', mailed.id],
      ['invitation.undone', kim.id],
    ] as const)
      expect(await audited(action, subject)).toMatchObject([{ actor: 'operator' }]);
    await assertInvariants(database);
  });

  it('is still listed, with who came by it; and there is nothing left to end', async () => {
    const issued = await setting.server.guestlist.inviters.issued(ivy.accountId);
    expect(issued.map(({ id, state, redemptions }) => [id, state, redemptions.map(({ accountId }) => accountId)])).toEqual([
      [mailed.id, 'revoked', []],
      [open.id, 'revoked', []],
      [kim.id, 'used_up', [kim.accountId]],
    ]);
    expect((await command('ivy@example.org', '--undo')).stdout).toBe('There is nothing to end.\nThey may still invite to board stage.\n');
  });
});

it('what somebody issued is only suspended when they may not invite any more, and is all good again with the right', async () => {
  const { guestlist } = setting.server;
  const jo = await setting.boardMember('jo', ['stage:manager']);
  const { id } = await guestlist.invite({ groups: ['stage'], inviterId: jo.accountId });
  await guestlist.withdraw(jo.accountId, { groups: ['stage'] });
  expect((await guestlist.find(id))?.state).toBe('suspended');
  await guestlist.grant(jo.accountId, { groups: ['stage:manager'] });
  expect((await guestlist.find(id))?.state).toBe('open');
  // Ended for good, by an admin: the right brings nothing back. Who came stays, where nobody says otherwise.
  const guest = await guestOf(ivy.accountId, 'pat');
  await guestlist.inviters.revokeAll(ivy.accountId, {}, { actor: admin.accountId, from: { requestId: 'request-1' } });
  expect(await guestlist.inviters.revokeAll(jo.accountId, {}, admin.accountId)).toEqual({ cancelled: [], revoked: [id], undone: [] });
  expect((await guestlist.find(id))?.state).toBe('revoked');
  expect((await guestlist.groupsOf(guest.accountId)).groups).toEqual(['board']);
  expect(await audited('invitation.revoked', id)).toEqual([{ actor: admin.accountId, detail: {} }]);
});

it('however much it is, all of it is ended', async () => {
  const { guestlist, database } = setting.server;
  const lee = await setting.boardMember('lee', ['stage:manager']);
  const { id } = await guestlist.campaigns.create({
    name: 'Large',
    inviterId: lee.accountId,
    wish: { groups: ['stage'] },
    rows: { cards: 210 },
  });
  await guestlist.campaigns.run(id);
  const { revoked, cancelled } = await guestlist.inviters.revokeAll(lee.accountId, { undo: true }, 'operator');
  expect(revoked).toHaveLength(210);
  expect(cancelled).toEqual([]);
  expect(await count(database, `invitation where inviter_id = '${lee.accountId}' and revoked_at is null`)).toBe(0);
  expect((await guestlist.campaigns.report(id)).totals).toMatchObject({ made: 210, revoked: 210 });
});

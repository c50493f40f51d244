/** Where people came from: by which link, through whom, and what of it is left when somebody is erased. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arrivalOf } from '../../src/invitation/arrival.ts';
import { createBrowser } from '../support/browser.ts';
import { databaseUrlOf, runCommand } from '../support/command.ts';
import { testSecret } from '../support/mail.ts';
import { join } from '../support/people.ts';
import { accept, createSetting, type Member, refused, refusalOn, type Setting } from './setting.ts';

let setting: Setting;

beforeAll(async () => {
  setting = await createSetting({ choir: 'Kammerchor Nord', stage: 'Stage crew' });
});
afterAll(() => setting?.server.close());

const guestlist = (...args: string[]) =>
  runCommand(args, {
    DATABASE_URL: databaseUrlOf(setting.server.connection),
    ISSUER: setting.server.issuer,
    GUESTLIST_SECRET: testSecret,
  });

/** Somebody new, through an invitation of `inviter`, who can invite as well. */
async function through(
  inviter: Member | undefined,
  name: string,
  query = '',
): Promise<Member & { readonly url: string; readonly id: string }> {
  const { url, id } = await setting.guestlist.invite({
    groups: ['choir'],
    label: name,
    ...(inviter ? { inviterId: inviter.accountId, inviterName: 'whoever', message: 'Come and sing' } : {}),
  });
  const email = `${name}@example.org`;
  const browser = createBrowser(setting.server.issuer);
  await join(browser, `${url}${query}`, { email, name });
  const accountId = await setting.accountIdOf(email);
  await setting.guestlist.grant(accountId, { groups: ['choir:manager'] });
  return { browser, accountId, email, url, id };
}

describe('where a link was found', () => {
  it('is kept with who came by it, as the address said', async () => {
    const { accountId, email } = await through(
      undefined,
      'poster-child',
      '?from=poster&utm_campaign=Frühling 2026&token=secret&utm_term=<b>',
    );
    const { rows } = await setting.server.database.raw('select arrival from guestlist.redemption where account_id = ?', [accountId]);
    expect(rows).toEqual([{ arrival: { from: 'poster', utm_campaign: 'Frühling 2026' } }]);
    expect((await guestlist('account', 'show', email)).stdout).toMatch(/came by invitation \S+, by from=poster utm_campaign=Frühling 2026/);
  });

  it('is kept while somebody waits for approval', async () => {
    const asking = await setting.member('asking');
    const { url, id } = await setting.guestlist.invite({ groups: ['stage'], approval: true });
    await accept(asking, `${url}?from=newsletter`, 'Ask to join');
    await setting.guestlist.approve(id, asking.accountId, 'operator');
    const { rows } = await setting.server.database.raw('select arrival from guestlist.redemption where invitation_id = ?', [id]);
    expect(rows).toEqual([{ arrival: { from: 'newsletter' } }]);
  });

  it.each([
    [{}, undefined],
    [{ from: '' }, undefined],
    [{ from: ['a', 'b'] }, undefined],
    [{ from: 'x'.repeat(65) }, undefined],
    [{ from: '=cmd|calc' }, undefined],
    [{ from: 'a\u202Eb' }, undefined],
    [{ from: 'a\nb' }, undefined],
    [{ __proto__: 'x', other: 'y' }, undefined],
    [
      { utm_source: 'radio-1', from: 'Плакат 3' },
      { from: 'Плакат 3', utm_source: 'radio-1' },
    ],
  ])('is plain words alone: %j', (query, arrival) => {
    expect(arrivalOf(query)).toEqual(arrival);
  });
});

describe('the tree of inviters', () => {
  let [ada, ben, cleo, dora]: (Member & { readonly url: string; readonly id: string })[] = [];

  beforeAll(async () => {
    ada = await through(undefined, 'ada');
    ben = await through(ada, 'ben');
    cleo = await through(ada, 'cleo');
    dora = await through(ben, 'dora');
  });

  it('says who came through whom, how deep, and how many stayed', async () => {
    await setting.guestlist.withdraw(cleo!.accountId, { groups: ['choir'] });
    const tree = await setting.guestlist.inviters.tree({ root: ada!.accountId });
    expect(tree).toMatchObject([
      { accountId: ada!.accountId, invitedBy: undefined, depth: 0, invited: 2, stayed: 1, isHere: true },
      { accountId: ben!.accountId, invitedBy: ada!.accountId, depth: 1, invited: 1, stayed: 1, isHere: true },
      { accountId: dora!.accountId, invitedBy: ben!.accountId, depth: 2, invited: 0, stayed: 0, isHere: true },
      { accountId: cleo!.accountId, invitedBy: ada!.accountId, depth: 1, invited: 0, stayed: 0, isHere: false },
    ]);
    expect((await setting.guestlist.inviters.tree({ root: ada!.accountId, depth: 1 })).map(({ depth }) => depth)).toEqual([0, 1, 1]);
    const all = await setting.guestlist.inviters.tree();
    expect(all.filter(({ depth }) => depth === 0).every(({ invitedBy }) => invitedBy === undefined)).toBe(true);
    expect(all.map(({ accountId }) => accountId)).toEqual(expect.arrayContaining(tree.map(({ accountId }) => accountId)));
    expect(new Set(all.map(({ accountId }) => accountId)).size).toBe(all.length);
  });

  it('is printed, with what somebody issued and who came through it', async () => {
    const { stdout } = await guestlist('account', 'tree', 'ada@example.org');
    expect(stdout.split('\n').slice(0, 4)).toEqual([
      'ada@example.org  (2 came through them, 1 stayed)',
      '  ben@example.org  (1 came through them, 1 stayed)',
      '    dora@example.org',
      '  cleo@example.org  (left)',
    ]);
    const issued = await guestlist('account', 'invitations', 'ada@example.org');
    expect(issued.stdout).toMatch(/cleo.*cleo@example\.org.*ben.*ben@example\.org/s);
  });

  it('goes round in no circle, where somebody adopted what let them in', async () => {
    const before = await setting.guestlist.inviters.tree({ root: ada!.accountId });
    const adopt = (inviterId: string | null) =>
      setting.server.database.raw('update guestlist.invitation set inviter_id = ? where id = ?', [inviterId, ada!.id]);
    await adopt(dora!.accountId);
    const round = await setting.guestlist.inviters.tree({ root: ada!.accountId, depth: 50 });
    expect(round.map(({ accountId }) => accountId)).toEqual(before.map(({ accountId }) => accountId));
    await adopt(null);
    await expect(setting.guestlist.inviters.tree({ depth: 0 })).rejects.toThrow(TypeError);
  });

  it('keeps the place of an account that is erased, and nothing else of it', async () => {
    const open = await setting.guestlist.invite({ groups: ['choir'], inviterId: ben!.accountId, inviterName: 'Ben Secretname' });
    expect((await guestlist('account', 'delete', 'ben@example.org')).exitCode).toBe(2);
    const { stdout, exitCode } = await guestlist('account', 'delete', 'ben@example.org', '--yes', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ accountId: ben!.accountId, endedGrants: 2 });
    expect(await setting.guestlist.inviters.tree({ root: ada!.accountId })).toMatchObject([
      { accountId: ada!.accountId, invited: 2, stayed: 0 },
      { accountId: ben!.accountId, invited: 1, stayed: 1, isHere: false },
      { accountId: dora!.accountId },
      { accountId: cleo!.accountId },
    ]);
    expect(await leftOf(['ben@example.org', 'Ben Secretname'])).toEqual([]);
    expect((await guestlist('account', 'show', 'ben@example.org')).exitCode).toBe(1);
    expect(refusalOn(await createBrowser(setting.server.issuer).open(open.url))).toEqual(refused.suspended);
    expect(await setting.app.signInSilently(ben!.browser).catch(() => 'signed out')).toBe('signed out');
    const { rows } = await setting.server.database.raw(`select actor, detail from guestlist.audit_event where action = 'account.erased'`);
    expect(rows).toEqual([{ actor: 'operator', detail: { endedGrants: 2 } }]);
  });

  it('lets the address be somebody new’s, who has nothing of what was', async () => {
    const again = await through(undefined, 'ben');
    expect(again.accountId).not.toBe(ben!.accountId);
    expect((await setting.guestlist.inviters.tree({ root: again.accountId })).map(({ invited }) => invited)).toEqual([0]);
  });
});

/** Every row of every table that has one of these words in it. */
async function leftOf(words: readonly string[]): Promise<string[]> {
  const { database } = setting.server;
  const { rows: tables } = await database.raw(`select table_name as name from information_schema.tables where table_schema = 'guestlist'`);
  const found: string[] = [];
  for (const { name } of tables as { name: string }[])
    for (const word of words) {
      const { rows } = await database.raw('select row_to_json(t)::text as text from guestlist.?? t where t::text ilike ?', [
        name,
        `%${word}%`,
      ]);
      found.push(...rows.map(({ text }: { text: string }) => `${name}: ${text}`));
    }
  return found;
}

/** Where people came from: by which link, through whom, and what of it is left when somebody is erased. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arrivalOf } from '../../src/invitation/arrival.ts';
import { createBrowser } from '../support/browser.ts';
import { databaseUrlOf, runCommand } from '../support/command.ts';
import { findContradictions } from '../support/invariants.ts';
import { mailedLink, testSecret } from '../support/mail.ts';
import { join } from '../support/people.ts';
import { accept, createSetting, type Member, refused, refusalOn, type Setting } from './setting.ts';

let setting: Setting;

beforeAll(async () => {
  setting = await createSetting({ choir: 'Kammerchor Nord', stage: 'Stage crew' });
});
afterAll(() => setting?.server.close());

const runGuestlist = (...args: string[]) =>
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
    expect((await runGuestlist('account', 'show', email)).stdout).toMatch(
      /came by invitation \S+, by from=poster utm_campaign=Frühling 2026/,
    );
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
    const { stdout } = await runGuestlist('account', 'tree', 'ada@example.org');
    expect(stdout.split('\n').slice(0, 4)).toEqual([
      'ada@example.org  (2 came through them, 1 stayed)',
      '  ben@example.org  (1 came through them, 1 stayed)',
      '    dora@example.org',
      '  cleo@example.org  (left)',
    ]);
    const issued = await runGuestlist('account', 'invitations', 'ada@example.org');
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
    expect((await runGuestlist('account', 'delete', 'ben@example.org')).exitCode).toBe(2);
    const { stdout, exitCode } = await runGuestlist('account', 'delete', 'ben@example.org', '--yes', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ accountId: ben!.accountId, endedGrants: 2 });
    expect(await setting.guestlist.inviters.tree({ root: ada!.accountId })).toMatchObject([
      { accountId: ada!.accountId, invited: 2, stayed: 0 },
      { accountId: ben!.accountId, invited: 1, stayed: 1, isHere: false },
      { accountId: dora!.accountId },
      { accountId: cleo!.accountId },
    ]);
    expect(await leftOf(['ben@example.org', 'Ben Secretname'])).toEqual([]);
    expect((await runGuestlist('account', 'show', 'ben@example.org')).exitCode).toBe(1);
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

  it('has nobody under whoever took their invitation over later, and who came afterwards under them', async () => {
    const [finn, gila] = [await through(undefined, 'finn'), await through(undefined, 'gila')];
    const poster = await setting.guestlist.invite({ groups: ['choir'], inviterId: finn.accountId, maxUses: 5 });
    const come = async (email: string) => {
      await join(createBrowser(setting.server.issuer), poster.url, { email });
      return setting.accountIdOf(email);
    };
    const before = await come('before@example.org');
    await setting.guestlist.adopt(poster.id, gila.accountId);
    const between = await come('between@example.org');
    await setting.guestlist.adopt(poster.id, 'operator');
    await come('after@example.org');
    const under = async ({ accountId }: Pick<Member, 'accountId'>) =>
      (await setting.guestlist.inviters.tree({ root: accountId, depth: 1 })).slice(1).map((node) => node.accountId);
    expect([await under(finn), await under(gila)]).toEqual([[before], [between]]);
    const nodes = await setting.guestlist.inviters.tree();
    expect(nodes.find(({ accountId }) => accountId === before)).toMatchObject({ invitedBy: finn.accountId });
  });
});

it('nothing is left of an account that is erased: what was made for it, addressed to it, told of it, or written by it', async () => {
  const { guestlist, server } = setting;
  const [name, email] = ['Greta Uncommon', 'greta-uncommon@example.org'];
  const maya = await setting.member('maya', { groups: ['choir:manager', 'stage:manager'] });
  const people = [{ email, name, key: 'greta-uncommon 7' }];
  const campaign = async (wish: object, more: object = {}) => {
    const { id } = await guestlist.campaigns.create({ name: 'Spring', wish, inviterId: maya.accountId, rows: { people }, ...more });
    return guestlist.campaigns.run(id);
  };
  const sent = () =>
    server.database.raw(
      'update guestlist.mail set sent_at = queued_at, sealed = null where num_nonnulls(sent_at, cancelled_at, failed_at) = 0',
    );

  // In by a campaign, whose mail was sent once more in another's place; in the next one she is a member already.
  const first = await campaign({ groups: ['choir'] });
  const [row] = await guestlist.campaigns.rows(first.id);
  const card = await guestlist.reissue(row?.invitationId ?? '', maya.accountId);
  const browser = createBrowser(server.issuer);
  await join(browser, await mailedLink(server.database, email), { email, name });
  const greta = { browser, accountId: await setting.accountIdOf(email) };
  await campaign({ groups: ['choir'] });
  // Invited elsewhere, and waiting there.
  const open = await guestlist.invite({ groups: ['stage'], email, label: name, inviterId: maya.accountId });
  const asked = await guestlist.invite({ groups: ['stage'], approval: true, label: name, inviterId: maya.accountId });
  await accept(greta, asked.url, 'Ask to join');
  // She invites others, one of whom is in.
  await guestlist.grant(greta.accountId, { groups: ['choir:manager'] });
  const words = { inviterName: name, message: `Greetings from ${name}` };
  const others = { inviterId: greta.accountId, rows: { pasted: 'hugo@example.org' } };
  await campaign({ groups: ['choir'], ...words }, others);
  await join(createBrowser(server.issuer), await mailedLink(server.database, 'hugo@example.org'), { email: 'hugo@example.org' });
  const adopted = await guestlist.invite({ groups: ['choir'], inviterId: greta.accountId, ...words });
  await guestlist.adopt(adopted.id, maya.accountId);
  await guestlist.reissue(adopted.id, maya.accountId);
  // A card with her name, by which she came, was thought to have leaked: the new one is for her as well.
  const cards = await campaign({ groups: ['stage'] }, { rows: { cards: 1 } });
  await guestlist.campaigns.nameCard(cards.id, 1, name);
  await accept(greta, cards.cards[0]?.url ?? '');
  await guestlist.reissue(cards.cards[0]?.invitationId ?? '', maya.accountId);
  await sent();

  expect((await leftOf([email, name])).length).toBeGreaterThan(10);
  expect((await runGuestlist('account', 'delete', email, '--yes')).exitCode).toBe(0);
  expect(await leftOf(['greta-uncommon', name])).toEqual([]);
  expect(await findContradictions(server.database)).toEqual([]);
  // Counts, and whom they invited, stay; what only she could take is over, and the place that was kept for her is free.
  expect(await guestlist.campaigns.rows(first.id)).toMatchObject([{ state: 'joined', invitationId: card.id, name: undefined }]);
  expect((await guestlist.find(open.id))?.state).toBe('revoked');
  expect((await guestlist.find(asked.id))?.state).toBe('open');
  const { rows } = await server.database.raw(`select kind, address_block from guestlist.attempt where invitation_id = ? order by at`, [
    card.id,
  ]);
  expect(rows).toEqual([
    { kind: 'opened', address_block: null },
    { kind: 'joined', address_block: null },
  ]);
  // Of what was mailed to her there is nobody to mail it to again.
  await expect(guestlist.reissue(card.id, maya.accountId)).rejects.toMatchObject({ code: 'no_addressee' });
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

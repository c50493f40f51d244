/** Apps in the console: from a preset to a snippet, settings, secrets, what they are told, and their end. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { presets } from '../../src/client/presets.ts';
import type { Member } from '../journeys/setting.ts';
import type { Browser, Rest } from '../support/browser.ts';
import { signIn } from '../support/people.ts';
import { type ConsoleSetting, createConsoleSetting, goOn, openConsole } from './setting.ts';

let setting: ConsoleSetting;
let ada: Member;
let browser: Browser;

beforeAll(async () => {
  setting = await createConsoleSetting();
  ada = await setting.admin('ada');
  await setting.guestlist.grant(ada.accountId, { groups: ['choir'] });
  ({ browser } = ada);
  await openConsole(browser, '/admin/apps');
});
afterAll(() => setting.server.close());

const headingOf = (page: Rest) => page.$('h1').text();
const textOf = (page: Rest) => page.$('main').text().replace(/\s+/g, ' ');
const clientOf = async (id: string) => (await setting.server.database.raw('select * from guestlist.client where id = ?', [id])).rows[0];

async function connect(fields: Readonly<Record<string, string>>): Promise<Rest> {
  return browser.submit(await openConsole(browser, '/admin/new-app'), 'Connect it', fields);
}

describe('a new app', () => {
  test('offers every preset, and one by hand', async () => {
    const page = await openConsole(browser, '/admin/new-app');
    expect(page.$('input[name="preset"]').length).toBe(presets.length + 1);
  });

  test('from a preset comes with its secret, which is told until somebody has it, and with what to copy', async () => {
    const page = await connect({ preset: 'nextcloud', base: 'https://cloud.example.org', group: 'choir' });
    expect(headingOf(page)).toContain('Nextcloud');
    const secret = page.$('.told code').text();
    expect(secret.length).toBeGreaterThan(30);
    expect(page.$('.copy.code').text()).toContain('occ');
    expect(await clientOf('nextcloud')).toMatchObject({
      redirect_uris: expect.arrayContaining(['https://cloud.example.org/apps/user_oidc/code']),
    });
    const again = await openConsole(browser, '/admin/apps/nextcloud');
    expect(again.$('.told code').text()).toBe(secret);
    const seen = await browser.submit(again, 'I have it');
    expect(seen.$('.told').length).toBe(0);
    expect(textOf(await openConsole(browser, '/admin/apps'))).toContain('Nextcloud');
  });

  test('that is not whole comes back with what was typed', async () => {
    const page = await connect({ preset: 'grafana', base: '' });
    expect(page.status).toBe(422);
    expect(page.$('#base-error').text()).toContain('address of the app');
    expect(page.$('input[name="preset"]:checked').attr('value')).toBe('grafana');
    const byHand = await connect({ preset: 'hand', name: 'Wiki', redirects: 'not an address' });
    expect(byHand.status).toBe(422);
    expect(byHand.$('#redirects-error').length).toBe(1);
  });

  test('by hand takes its id from its name, and each id only once', async () => {
    const fields = { preset: 'hand', name: 'Küchen Wiki', redirects: 'https://wiki.example.org/callback' };
    expect(headingOf(await connect(fields))).toBe('Küchen Wiki');
    expect((await clientOf('kuchen-wiki')).name).toBe('Küchen Wiki');
    expect((await connect(fields)).$('#id-error').text()).toContain('already');
  });

  test('may have an id that looks like a path', async () => {
    const page = await connect({ preset: 'hand', name: 'Odd', id: 'new/app?x', redirects: 'https://odd.example.org/callback' });
    expect(headingOf(page)).toBe('Odd');
    const settings = await openConsole(browser, `/admin/apps/${encodeURIComponent('new/app?x')}/settings`);
    expect(settings.$('#name').attr('value')).toBe('Odd');
  });
});

describe('one app', () => {
  test('is changed in every setting, and sent back unchanged stays as it is', async () => {
    const before = await clientOf('kuchen-wiki');
    const page = await openConsole(browser, '/admin/apps/kuchen-wiki/settings');
    const same = await browser.submit(page, 'Save');
    expect(same.status).toBe(200);
    expect({ ...(await clientOf('kuchen-wiki')), changed_at: 0, updated_at: 0 }).toEqual({ ...before, changed_at: 0, updated_at: 0 });
    await browser.submit(await openConsole(browser, '/admin/apps/kuchen-wiki/settings'), 'Save', {
      name: 'Wiki',
      start: 'https://wiki.example.org/',
      group: 'choir',
      first_party: 'yes',
      after_logout: 'https://wiki.example.org/\nhttps://wiki.example.org/bye',
      initiate: 'https://wiki.example.org/login',
      backchannel: 'https://wiki.example.org/logout',
      alg: 'ES256',
      pairwise: 'yes',
      id_minutes: '5',
      'attach:stage': 'yes',
    });
    expect(await clientOf('kuchen-wiki')).toMatchObject({
      name: 'Wiki',
      first_party: true,
      initiate_login_uri: 'https://wiki.example.org/login',
    });
    const back = await openConsole(browser, '/admin/apps/kuchen-wiki/settings');
    expect(back.$('#group option[selected]').attr('value')).toBe('choir');
    expect([back.$('#id_minutes').attr('value'), back.$('[name="attach:stage"]').attr('checked')]).toEqual(['5', 'checked']);
    await browser.submit(back, 'Save', { id_minutes: '' });
    expect((await openConsole(browser, '/admin/apps/kuchen-wiki/settings')).$('#id_minutes').attr('value')).toBeUndefined();
  });

  test('stays for the same people when something else is changed, also once their group is archived', async () => {
    const { guestlist, server } = setting;
    await guestlist.addGroup({ slug: 'crew', name: 'Crew' });
    const fields = { preset: 'hand', name: 'Crew tools', redirects: 'https://crew.example.org/callback', group: 'crew' };
    await connect(fields);
    const settings = '/admin/apps/crew-tools/settings';
    await browser.submit(await openConsole(browser, settings), 'Save', { 'attach:crew': 'yes' });
    await guestlist.changeGroup('crew', { archived: true });
    const seconds = { id_token_seconds: 90, access_token_seconds: 150, refresh_token_seconds: 3_600 };
    await server.database('guestlist.client').where({ id: 'crew-tools' }).update(seconds);
    const before = await clientOf('crew-tools');
    const page = await openConsole(browser, settings);
    expect(page.$('#group option[selected]').text()).toBe('Crew (Archived)');
    const saved = await browser.submit(page, 'Save', { name: 'Crew’s tools' });
    expect(saved.status).toBe(200);
    const after = await clientOf('crew-tools');
    expect(after).toMatchObject({ name: 'Crew’s tools', required_group_id: before.required_group_id, ...seconds });
    expect(after.required_group_id).not.toBeNull();
    expect((await openConsole(browser, settings)).$('[name="attach:crew"]').attr('checked')).toBe('checked');
    await browser.submit(await openConsole(browser, settings), 'Save', { access_minutes: '5' });
    expect(await clientOf('crew-tools')).toMatchObject({ ...seconds, access_token_seconds: 300 });
  });

  test('what cannot be is refused, with what the server says, and nothing is lost', async () => {
    const page = await openConsole(browser, '/admin/apps/kuchen-wiki/settings');
    const refused = await browser.submit(page, 'Save', { name: 'Lost?', auth: 'private_key_jwt' });
    expect(refused.status).toBe(422);
    expect(textOf(refused)).toContain('jwks');
    expect(refused.$('#name').attr('value')).toBe('Lost?');
    expect((await clientOf('kuchen-wiki')).name).toBe('Wiki');
  });

  test('is tried the way it signs people in', async () => {
    const page = await openConsole(browser, '/admin/apps/kuchen-wiki');
    expect(page.$('a[target="_blank"]').attr('href')).toBe(
      `https://wiki.example.org/login?iss=${encodeURIComponent(setting.server.issuer)}`,
    );
    const silent =
      (await openConsole(browser, `/admin/apps/${encodeURIComponent('new/app?x')}`)).$('a[target="_blank"]').attr('href') ?? '';
    expect(new URL(silent).searchParams.get('prompt')).toBe('none');
    const answer = await fetch(silent, { redirect: 'manual' });
    expect(answer.headers.get('location')).toContain('https://odd.example.org/callback?error=login_required');
  });

  test('gets another secret, while the old one goes on', async () => {
    const page = await openConsole(browser, '/admin/apps/nextcloud');
    const after = await browser.submit(page, 'Make a new secret', { overlap: 'day' });
    expect(after.$('.told code').text().length).toBeGreaterThan(30);
    expect(after.$('#secrets').parent().find('tbody tr').length).toBe(2);
  });

  test('is not changed by a browser that was left open, and what was typed waits', async () => {
    const page = await openConsole(browser, '/admin/apps/nextcloud/settings');
    setting.server.pass(20 * 60);
    await browser.open('/admin/apps');
    setting.server.pass(11 * 60);
    const asked = await browser.submit(page, 'Save', { start: 'https://cloud.example.org/start' });
    expect(asked.heading).toBe('Sign in');
    expect((await clientOf('nextcloud')).start_url).not.toBe('https://cloud.example.org/start');
    const held = await goOn(browser, await signIn(browser, asked, { email: ada.email }));
    await browser.submit(held, 'Go on with it');
    expect((await clientOf('nextcloud')).start_url).toBe('https://cloud.example.org/start');
  });

  test('says what became of sign-outs, or that it takes none', async () => {
    expect(textOf(await openConsole(browser, '/admin/apps/kuchen-wiki/logouts'))).toContain('Nothing told yet');
    expect(textOf(await openConsole(browser, '/admin/apps/nextcloud/logouts'))).toContain('no address for sign-outs');
  });

  test('is gone only when its id was typed', async () => {
    const page = await openConsole(browser, '/admin/apps/kuchen-wiki/remove');
    const wrong = await browser.submit(page, 'Remove this app', { confirm: 'wiki' });
    expect(wrong.status).toBe(422);
    expect(await clientOf('kuchen-wiki')).toBeDefined();
    await browser.submit(wrong, 'Remove this app', { confirm: 'kuchen-wiki' });
    expect(await clientOf('kuchen-wiki')).toBeUndefined();
    expect((await openConsole(browser, '/admin/apps/kuchen-wiki')).status).toBe(404);
  });
});

describe('what it is told', () => {
  const open = () => openConsole(browser, '/admin/apps/nextcloud/claims');
  const idTokenOn = (page: Rest) => JSON.parse(page.$('.token').first().find('code').text());

  test('is shown as a token of a person before anything is saved', async () => {
    const page = await open();
    expect(idTokenOn(page)).toMatchObject({ sub: ada.accountId, groups: ['choir'] });
    const seen = await browser.submit(page, 'Show', { 'name:0': 'teams', 'value:0': 'prefix', 'prefix:0': 'x-', person: ada.email });
    expect(idTokenOn(seen)).toMatchObject({ teams: ['x-choir'] });
    expect(textOf(seen)).toMatch(/take \d+ of 5,120 bytes/);
    expect(idTokenOn(await open())).toMatchObject({ groups: ['choir'] });
  });

  test('rows come and go without a script, and what was typed stays', async () => {
    const two = await browser.submit(await open(), 'Add a claim', { 'only:0': 'kept' });
    expect(two.$('.mapping').length).toBe(2);
    expect(two.$('[name="only:0"]').attr('value')).toBe('kept');
    const one = await browser.submit(two, 'Take away Claim 1');
    expect(one.$('.mapping').length).toBe(1);
    expect(one.$('[name="name:0"]').attr('value')).toBeUndefined();
  });

  test('what would go wrong is said in sentences, and cannot be saved', async () => {
    const seen = await browser.submit(await open(), 'Save', { 'name:0': 'sub' });
    expect(seen.status).toBe(422);
    expect(seen.$('#claim-0 .findings .wrong').text()).toContain('filled by the protocol');
    expect(seen.$('.token').length).toBe(0);
    const warned = await browser.submit(await open(), 'Show', { 'name:0': 'gruppen' });
    expect(textOf(warned)).toContain('The app reads \u2068groups\u2069, and nothing here writes it.');
  });

  test('is saved, every kind of it, and comes back as it was', async () => {
    const fields = {
      'name:0': 'groups',
      'value:0': 'table',
      'table:0': 'choir = Singers, Altos\nstage = Crew',
      'unlisted:0': 'keep',
      'filter:0': 'list',
      'only:0': 'choir stage',
      'empty:0': 'absent',
      'maximum:0': '',
      'always:0': 'yes',
      'userinfo:0': 'yes',
    };
    const saved = await browser.submit(await open(), 'Save', fields);
    expect(saved.status).toBe(200);
    const page = await open();
    expect(idTokenOn(page)['groups']).toEqual(['Singers', 'Altos']);
    expect(page.$('[name="table:0"]').text()).toBe('choir = Singers, Altos\nstage = Crew');
    const { claim_mappings: mappings } = await clientOf('nextcloud');
    expect(mappings).toHaveLength(1);
    await browser.submit(page, 'Save');
    expect((await clientOf('nextcloud')).claim_mappings).toEqual(mappings);
    await browser.submit(await open(), 'Back to what every app is told');
    expect((await clientOf('nextcloud')).claim_mappings).toBeNull();
  });

  test('says of whom there is nothing to be told', async () => {
    const nobody = await browser.submit(await open(), 'Show', { person: 'nobody@example.org' });
    expect(nobody.$('#person-error').text()).toContain('Nobody here');
    const { email } = await setting.member('eve', {});
    const outside = await browser.submit(await open(), 'Show', { person: email });
    expect(textOf(outside)).toContain('There are no tokens for them');
  });
});

test('tokens for registering are told once, and end', async () => {
  const page = await openConsole(browser, '/admin/app-registration');
  const made = await browser.submit(page, 'Make it', { uses: '2', days: '3' });
  expect(made.$('.told code').text().length).toBeGreaterThan(20);
  expect(textOf(made)).toContain('2 of 2 apps left');
  const over = await browser.submit(made, 'End it');
  expect(textOf(over)).toContain('There is none.');
  expect((await browser.submit(over, 'Make it', { uses: '0', days: '3' })).$('#uses-error').length).toBe(1);
});

test('managers have nothing here', async () => {
  const ben = await setting.manager('ben', 'choir');
  for (const path of [
    '/admin/apps',
    '/admin/new-app',
    '/admin/apps/nextcloud',
    '/admin/apps/nextcloud/claims',
    '/admin/app-registration',
  ] as const)
    expect((await openConsole(ben.browser, path)).status, path).toBe(403);
});

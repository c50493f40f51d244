/** A link is good for what its row says, whichever way and by whichever app it is brought (G17). */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createBrowser, type Rest } from '../support/browser.ts';
import { goodPassword } from '../support/people.ts';
import { createRelyingApp, type RelyingApp } from '../support/relying-app.ts';
import { createSetting, questionOf, refusalOn, type Setting } from './setting.ts';

let setting: Setting;
let wiki: RelyingApp;
let other: RelyingApp;

beforeAll(async () => {
  setting = await createSetting({ choir: 'Kammerchor Nord', board: 'Vorstand' });
  wiki = await createRelyingApp(setting.server, { id: 'wiki' });
  other = await createRelyingApp(setting.server, { id: 'other' });
});
afterAll(() => setting?.server.close());
beforeEach(() => setting.server.database.raw('delete from guestlist.throttle'));

const appsOn = ({ $ }: Rest) =>
  $('main a.button')
    .map((_, link) => new URL($(link).attr('href') ?? '', 'https://nowhere.example').hostname)
    .get();

describe('where somebody lands', () => {
  const wish = { groups: ['choir'], landingClientId: 'wiki' };

  test('is the app of the invitation, whatever the link and the forms are given besides', async () => {
    const { url } = await setting.guestlist.invite(wish);
    const query =
      'client_id=other&landingClientId=other&landing_client_id=other&app=other&redirect_uri=https://evil.example/&iss=https://evil.example';
    const browser = createBrowser(setting.server.issuer);
    const form = await browser.submit(await browser.open(`${url}?${query}`), 'create');
    const fields = { email: 'ada@example.org', name: 'Ada', password: goodPassword };
    const smuggled = await browser.submit(form, 'Create account and join', { ...fields, landing_client_id: 'other' });
    expect(smuggled.status).toBe(422);
    const done = await browser.submit(form, 'Create account and join', fields);
    expect(done.heading).toBe('You’re in!');
    expect(appsOn(done)[0]).toBe('wiki.example.org');
    expect(done.html).not.toContain('evil.example');
  });

  test('is the app that somebody came from, with what the link gives and nothing else; the row stays as it is', async () => {
    const { token, id } = await setting.guestlist.invite(wish);
    const member = await setting.member('ben');
    const flow = await other.begin({ invite: token });
    const question = await member.browser.open(flow.url);
    const tokens = await flow.finish(await member.browser.submit(question, 'Join'));
    expect(tokens.claims()).toMatchObject({ aud: 'other', groups: ['choir'] });
    const { rows } = await setting.server.database.raw('select landing_client_id, used_count from guestlist.invitation where id = ?', [id]);
    expect(rows).toEqual([{ landing_client_id: 'wiki', used_count: 1 }]);
    expect((await wiki.signInSilently(member.browser)).claims()?.['groups']).toEqual(['choir']);
  });
});

describe('a token', () => {
  test('is no code for an account, a request or a mailbox, and theirs is no invitation', async () => {
    const { token } = await setting.guestlist.invite({ groups: ['board'] });
    const browser = createBrowser(setting.server.issuer);
    const unknown = 'A'.repeat(22);
    const seen = async (path: string) => {
      const page = await browser.open(`${setting.server.issuer}${path}`);
      return [page.status, page.heading, page.url.split('/').slice(3, -1)];
    };
    for (const path of ['/account/reset', '/account/confirm', '/invite/request-confirm', '/mail/stop'])
      expect(await seen(`${path}/${token}`)).toEqual(await seen(`${path}/${unknown}`));
    expect(await setting.server.database('guestlist.visit').where({ channel: 'link' }).whereNull('answered_at')).toHaveLength(0);
  });

  test('of one invitation is not brought along to the question about another', async () => {
    const member = await setting.member('cy');
    const [choir, board] = [await setting.guestlist.invite({ groups: ['choir'] }), await setting.guestlist.invite({ groups: ['board'] })];
    const question = await questionOf(member, choir.url);
    await member.browser.open(board.url);
    const page = await member.browser.submit(question, 'Join', {});
    expect([200, 409]).toContain(page.status);
    const groups = await setting.groupsOf(member.browser);
    expect(groups).not.toContain('board');
    if (page.status === 409) expect([refusalOn(page).code, groups]).toEqual(['review_changed', []]);
  });

  test('of one invitation answers no question about another, by whichever page of it: what an app asks about is that one (#10)', async () => {
    const member = await setting.member('dee');
    const [choir, board] = [await setting.guestlist.invite({ groups: ['choir'] }), await setting.guestlist.invite({ groups: ['board'] })];
    const question = await questionOf(member, choir.url);
    await member.browser.open(board.url);
    const again = await member.browser.open(question.url);
    expect(refusalOn(again)).toEqual({ status: 404, code: 'invitation_not_found' });
    expect(again.$.html()).not.toContain('Vorstand');
    expect(await setting.usedCount(board.id)).toBe(0);
  });
});

/** Members’ own invitations at the portal: what they make there works, is shown once, and is nobody else’s. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBrowser, formOf, type Rest } from '../support/browser.ts';
import { mailedLink } from '../support/mail.ts';
import { join } from '../support/people.ts';
import type { Member, Setting } from '../journeys/setting.ts';
import { createInviting, idOf, linkOn, make, newPage, submit, textOn } from './inviting.ts';

let setting: Setting;
let maya: Member;
let pia: Member;

beforeAll(async () => {
  ({ setting, maya, pia } = await createInviting());
});
afterAll(() => setting?.server.close());

describe('a link', () => {
  test('is on the page after making it, lets people in, and is in no address and in no other page', async () => {
    const page = await make(maya, { by: 'link', places: '3', label: 'Altos' });
    expect(page.status).toBe(200);
    expect(page.headers['cache-control']).toBe('no-store');
    const link = linkOn(page);
    const token = link.split('/').at(-1) ?? 'none';
    expect(link).toMatch(new RegExp(`^${setting.server.issuer}/invite/[\\w-]{22,}$`));
    expect(maya.browser.trail.join()).not.toContain(token);
    expect(page.$('.poster .symbol').attr('aria-label')).toBe(link);
    expect(page.$('.poster svg path').attr('d')).toMatch(/^M/);
    expect(textOn(page)).toContain('Anyone with this link can join until');
    expect((await join(createBrowser(setting.server.issuer), link, { email: 'ada@example.org' })).heading).toBe('You’re in!');
    const one = await maya.browser.open(`/me/invitations/${idOf(page)}`);
    expect(textOn(one)).toContain('1 of 3 joined');
    expect(one.html).not.toContain(token);
    expect((await maya.browser.open('/me/invitations')).html).not.toContain(token);
  });

  test('can be seen again for ten minutes, by this sign-in alone, and not once one is done', async () => {
    const page = await make(maya, { by: 'link' });
    const link = linkOn(page);
    expect(linkOn(await maya.browser.open(page.url))).toBe(link);
    const elsewhere = await setting.again(maya);
    const other = await elsewhere.open(page.url);
    expect(other.html).not.toContain(link);
    expect(textOn(other)).toContain('The link can’t be shown any more');
    const stranger = await pia.browser.open(page.url);
    expect(stranger.status).toBe(404);
    const done = await maya.browser.submit(page, 'Done, hide the link');
    expect(done.html).not.toContain(link);
    expect((await maya.browser.open(page.url)).html).not.toContain(link);
  });

  test('rests sealed meanwhile', async () => {
    const link = linkOn(await make(maya, { by: 'link' }));
    const { rows } = await setting.server.database.raw('select sealed from guestlist.told_answer where sealed is not null');
    expect(rows.length).toBeGreaterThan(0);
    const token = link.split('/').at(-1) ?? '';
    for (const { sealed } of rows) expect(sealed.includes(token)).toBe(false);
    expect(setting.server.log.join('\n')).not.toContain(token);
  });

  test('comes with a PIN that is told apart', async () => {
    const page = await make(maya, { by: 'link', pin: 'yes' });
    const pin = page.$('.pin .digits').text().trim();
    expect(pin).toMatch(/^\d{6}$/);
    for (const shared of page.$('[data-share], .actions a').toArray()) expect(JSON.stringify(page.$(shared).attr())).not.toContain(pin);
    expect(textOn(page)).toContain('other means than the link');
    expect((await createBrowser(setting.server.issuer).open(linkOn(page))).$('#pin')).toHaveLength(1);
  });

  test('can be typed as a code, and passed on with the words of the page', async () => {
    const page = await make(maya, { by: 'link' });
    const code = page.$('.poster .digits').text().trim();
    const guest = createBrowser(setting.server.issuer);
    const landing = await guest.submit(await guest.open('/invite/code'), 'Continue', { code: code.toLowerCase() });
    expect(landing.heading).toContain('Kammerchor Nord');
    const whatsapp = new URL(page.$('a[href^="https://wa.me"]').attr('href') ?? '').searchParams.get('text');
    expect(whatsapp).toBe(`maya invites you to Kammerchor Nord: ${linkOn(page)}`);
    expect(decodeURIComponent(page.$('a[href^="mailto:"]').attr('href') ?? '')).toContain(whatsapp);
  });
});

describe('a double click', () => {
  test('makes one invitation, and both answers show it', async () => {
    const form = formOf(await newPage(maya), submit);
    const fields = { ...form.filled, by: 'link', label: 'Twice' };
    const answers = await Promise.all([1, 2, 3].map(() => maya.browser.post(form.action, fields)));
    expect(new Set(answers.map(linkOn)).size).toBe(1);
    expect(linkOn(answers[0] as Rest)).toContain('/invite/');
    const { rows } = await setting.server.database.raw(`select id from guestlist.invitation where label = 'Twice'`);
    expect(rows).toHaveLength(1);
  });

  test('of a form that was changed meanwhile is asked about, and goes through the next time', async () => {
    const form = formOf(await newPage(maya), submit);
    await maya.browser.post(form.action, { ...form.filled, by: 'link', label: 'First' });
    const again = await maya.browser.post(form.action, { ...form.filled, by: 'link', label: 'Second' });
    expect(again.status).toBe(422);
    expect(textOn(again)).toContain('This form has made an invitation already');
    expect(again.$('#label').val()).toBe('Second');
    expect(linkOn(await maya.browser.submit(again, submit))).toContain('/invite/');
  });
});

describe('a mail', () => {
  test('goes to one address, and its link is shown to nobody', async () => {
    const page = await make(maya, { by: 'mail', email: 'ben@example.org', message: 'Come and sing', locale: 'en' });
    expect(new URL(page.url).search).toBe('?done=mailed');
    expect(page.$('#url')).toHaveLength(0);
    const link = await mailedLink(setting.server.database, 'ben@example.org');
    expect(page.html).not.toContain(link.split('/').at(-1));
    const landing = await createBrowser(setting.server.issuer).open(link);
    expect(landing.html).toContain('Come and sing');
  });

  test('is sent again when it is asked for, and then the earlier link is over', async () => {
    const page = await make(maya, { by: 'mail', email: 'cai@example.org' });
    const first = await mailedLink(setting.server.database, 'cai@example.org');
    const asked = await maya.browser.open(page.$('a:contains("Send again")').attr('href') ?? '');
    expect(asked.heading).toContain('cai@example.org');
    const done = await maya.browser.submit(asked, 'Send it again');
    expect(textOn(done)).toContain('on its way again');
    expect(await mailedLink(setting.server.database, 'cai@example.org')).not.toBe(first);
    expect((await createBrowser(setting.server.issuer).open(first)).status).toBe(410);
  });

  test('that has run out is good again for as long as the group allows', async () => {
    const page = await make(pia, { by: 'mail', email: 'dora@example.org', lasts: '3600' }, 'stage');
    await setting.server.database.raw(`update guestlist.invitation set expires_at = created_at + interval '1 millisecond' where id = ?`, [
      idOf(page),
    ]);
    const asked = await pia.browser.open(`/me/invitations/${idOf(page)}/resend`);
    expect(textOn(asked)).toContain('It will be valid until');
    await pia.browser.submit(asked, 'Send it again');
    const found = await setting.guestlist.find(idOf(page));
    expect(found?.state).toBe('open');
    expect(found?.expiresAt.getTime()).toBeLessThanOrEqual(setting.inDays(3).getTime());
  });
});

describe('taking back', () => {
  test('is named, asked, done, and cannot be done twice', async () => {
    const link = linkOn(await make(maya, { by: 'link', label: 'For the tenors' }));
    const list = await maya.browser.open('/me/invitations');
    const asked = await maya.browser.open(list.$('.tickets a:contains("Withdraw")').first().attr('href') ?? '');
    expect(asked.heading).toContain('For the tenors');
    const done = await maya.browser.submit(asked, 'Withdraw the invitation');
    expect(done.status).toBe(200);
    expect(textOn(done)).toContain('Withdrawn');
    expect(textOn(done)).toContain('You withdrew it.');
    expect((await createBrowser(setting.server.issuer).open(link)).status).toBe(410);
    const again = await maya.browser.submit(asked, 'Withdraw the invitation');
    expect(again.status).toBe(200);
  });

  test('with a new link in its place ends the old one; a second click leads to the new one', async () => {
    const first = await make(maya, { by: 'link', label: 'Astray' });
    const asked = await maya.browser.open(`/me/invitations/${idOf(first)}/reissue`);
    const second = await maya.browser.submit(asked, 'Make a new link');
    expect(linkOn(second)).not.toBe(linkOn(first));
    expect((await createBrowser(setting.server.issuer).open(linkOn(first))).status).toBe(410);
    expect((await maya.browser.open(first.url)).html).not.toContain(linkOn(first));
    const again = await maya.browser.submit(asked, 'Make a new link');
    expect(textOn(again)).toContain('replaced by a new one');
    expect(again.$(`a[href$="/me/invitations/${idOf(second)}"]`)).toHaveLength(1);
  });

  test('by somebody who may not invite any more still works', async () => {
    const eve = await setting.member('eve', { groups: ['stage'] });
    const page = await make(eve, { by: 'link' }, 'stage');
    await setting.guestlist.withdraw(eve.accountId, { groups: ['stage'] });
    const one = await eve.browser.open(`/me/invitations/${idOf(page)}`);
    expect(one.$('.state').text().trim()).toBe('On hold');
    const list = await eve.browser.open('/me/invitations');
    expect(textOn(list)).toContain('You can’t invite to any group at the moment');
    const done = await eve.browser.submit(await eve.browser.open(`/me/invitations/${idOf(page)}/revoke`), 'Withdraw the invitation');
    expect(done.$('.state').text().trim()).toBe('Withdrawn');
  });
});

describe('what one sees', () => {
  test('is one’s own, page by page, the newest first', async () => {
    const lena = await setting.member('lena', { groups: ['stage'] });
    const ids: string[] = [];
    for (let index = 0; index < 23; index += 1)
      ids.unshift((await setting.guestlist.own({ accountId: lena.accountId }).invite({ groups: ['stage'], label: `Number ${index}` })).id);
    const newest = await lena.browser.open('/me/invitations');
    const listed = (page: Rest) =>
      page
        .$('.tickets h2 a')
        .toArray()
        .map((link) => page.$(link).attr('href')?.split('/').at(-1));
    const older = await lena.browser.open(newest.$('a:contains("Older")').attr('href') ?? '');
    expect([...listed(newest), ...listed(older)]).toEqual(ids);
    expect(older.$('a:contains("Older")')).toHaveLength(0);
    expect(older.$('a:contains("Newest")').attr('href')).toBe('/me/invitations');
    expect((await lena.browser.open('/me/invitations?before=%00%27&before=x')).status).toBe(200);
  });

  test('is explained where there is nothing', async () => {
    const { browser } = await setting.member('nora');
    const page = await browser.open('/me/invitations');
    expect(textOn(page)).toContain('You haven’t invited anybody yet');
    expect(page.$('a:contains("Invite")')).toHaveLength(0);
    expect(textOn(await browser.open('/me/invitations/new'))).toContain('You can’t invite to any group');
  });

  test('of others looks like what was never there', async () => {
    const page = await make(maya, { by: 'link' });
    for (const path of ['', '/share', '/revoke', '/resend', '/reissue']) {
      const foreign = await pia.browser.open(`/me/invitations/${idOf(page)}${path}`);
      const unknown = await pia.browser.open(`/me/invitations/0197-none${path}`);
      expect([
        foreign.status,
        foreign
          .$('main')
          .text()
          .replace(/[\w-]{36}/g, ''),
      ]).toEqual([
        404,
        unknown
          .$('main')
          .text()
          .replace(/[\w-]{36}/g, ''),
      ]);
      if (!path) continue;
      const posted = await pia.browser.post(`/me/invitations/${idOf(page)}${path}`, { form_token: 'x' });
      expect(posted.status).toBe(404);
    }
    expect((await setting.guestlist.find(idOf(page)))?.state).toBe('open');
  });

  test('names who came only to whoever manages the group', async () => {
    const [byManager, byMember] = [await make(maya, { by: 'link' }, 'stage'), await make(pia, { by: 'link' }, 'stage')];
    await join(createBrowser(setting.server.issuer), linkOn(byManager), { email: 'frank@example.org', name: 'Frank Ode' });
    await join(createBrowser(setting.server.issuer), linkOn(byMember), { email: 'gina@example.org', name: 'Gina Ode' });
    expect(textOn(await maya.browser.open(`/me/invitations/${idOf(byManager)}`))).toContain('Frank Ode');
    const told = textOn(await pia.browser.open(`/me/invitations/${idOf(byMember)}`));
    expect(told).toContain('Somebody joined.');
    expect(told).not.toContain('Gina');
  });

  test('is a hint when a personal link was opened elsewhere after it was used', async () => {
    const page = await make(pia, { by: 'link', label: 'Hal' }, 'stage');
    await join(createBrowser(setting.server.issuer), linkOn(page), { email: 'hal@example.org' });
    for (const _ of [1, 2]) await createBrowser(setting.server.issuer).open(linkOn(page));
    const told = textOn(await pia.browser.open(`/me/invitations/${idOf(page)}`));
    expect(told).toContain('This link may be in other hands');
    expect(told).toContain('opened it 2 times after it had been used');
  });
});

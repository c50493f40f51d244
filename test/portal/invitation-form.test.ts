/** The form by which members invite: what it asks, what it says of mistakes, and whom it serves. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findInvitation } from '../../src/invitation/store.ts';
import { createBrowser, formOf } from '../support/browser.ts';
import type { Member, Setting } from '../journeys/setting.ts';
import { createInviting, idOf, make, newPage, submit, textOn } from './inviting.ts';

let setting: Setting;
let maya: Member;
let pia: Member;

beforeAll(async () => {
  ({ setting, maya, pia } = await createInviting());
});
afterAll(() => setting?.server.close());

describe('the form', () => {
  test('asks for the group first where there are several, and says what goes there', async () => {
    const where = await maya.browser.open('/me/invitations/new');
    expect(where.heading).toBe('Where to?');
    expect(where.$('.tickets h2').text()).toContain('Kammerchor Nord');
    expect(where.$('.tickets').text()).not.toContain('Board');
    const form = await pia.browser.open('/me/invitations/new');
    expect(form.heading.replace(/[\u2068\u2069]/g, '')).toBe('Invite to Stage crew');
    expect(form.$('.limits').text()).toContain('Valid for 3 days at most');
    expect(form.$('.limits').text()).toContain('10 people at most');
    expect(form.$('#lasts option').last().attr('value')).toBe(String(3 * 24 * 3600));
    expect(form.$('#role')).toHaveLength(0);
  });

  test.each([
    ['no address', { by: 'mail' }, 'email'],
    ['no such address', { by: 'mail', email: 'ada@' }, 'email'],
    ['two addresses', { by: 'mail', email: 'a@example.org, b@example.org' }, 'email'],
    ['no number', { by: 'link', places: 'many' }, 'places'],
    ['nobody', { by: 'link', places: '0' }, 'places'],
    ['no day', { by: 'link', until: '2031-02-31' }, 'until'],
    ['a day that is over', { by: 'link', until: '2001-01-01' }, 'until'],
    ['a day in a hundred years', { by: 'link', until: '2131-01-01' }, 'until'],
    ['no time', { by: 'link', lasts: 'x' }, 'lasts'],
    ['turned text', { by: 'link', message: 'a\u202Eb' }, 'message'],
    ['a message that is too long', { by: 'link', message: 'x'.repeat(501) }, 'message'],
    ['a label of two lines', { by: 'link', label: 'a\nb' }, 'label'],
    ['no domain', { by: 'link', domains: 'example' }, 'domains'],
    ['an app that is not there', { by: 'link', landing: 'nowhere' }, 'landing'],
    ['no language', { by: 'link', locale: 'xx-none' }, 'locale'],
    [
      'a membership that ends before',
      { by: 'link', stay_until: new Date(Date.now() + 86_400_000).toISOString().slice(0, 10) },
      'stay_until',
    ],
  ])('comes back with what was typed, and says where it is wrong: %s', async (_, fields: Record<string, string>, field) => {
    const before = await setting.server.database.raw('select count(*) from guestlist.invitation');
    const page = await make(maya, fields);
    expect(page.status).toBe(422);
    expect(page.$('.summary a').attr('href')).toBe(`#${field}`);
    expect(page.$(`#${field}-error`).text().trim()).not.toBe('');
    if (!['lasts', 'landing', 'locale'].includes(field)) expect(page.$(`#${field}`).val() ?? '').toBe(fields[field] ?? '');
    expect((await setting.server.database.raw('select count(*) from guestlist.invitation')).rows).toEqual(before.rows);
  });

  test('keeps a day within what the group allows, where the day is allowed at all', async () => {
    const day = (days: number) => setting.inDays(days).toISOString().slice(0, 10);
    const page = await make(pia, { by: 'link', until: day(3) }, 'stage');
    const found = await setting.guestlist.find(idOf(page));
    expect(found?.expiresAt.getTime()).toBeLessThanOrEqual(setting.inDays(3).getTime());
    const refused = await make(pia, { by: 'link', until: day(4) }, 'stage');
    expect(refused.$('#until-error').text()).toContain('can’t last that long');
  });

  test('gives a role, an end of the membership, a landing app and words', async () => {
    const page = await make(maya, {
      by: 'both',
      email: 'ivy@example.org',
      role: 'manager',
      stay: '2592000',
      landing: 'app',
      approval: 'yes',
      label: 'Ivy',
    });
    expect(await findInvitation(setting.server.database, idOf(page))).toMatchObject({
      grants: [{ slug: 'choir', role: 'manager', ends: { afterSeconds: 2_592_000 } }],
      addressee: { email: 'ivy@example.org', rule: 'exact' },
      landingClientId: 'app',
      needsApproval: true,
      label: 'Ivy',
      maxUses: 1,
    });
    expect(textOn(page)).toContain('Only ivy@example.org can join with it.');
  });

  test('is taken from no other site, and from nobody who is not signed in', async () => {
    const form = formOf(await newPage(maya), submit);
    const foreign = await maya.browser.post(form.action, form.filled, { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' });
    expect(foreign.status).toBe(403);
    const other = await pia.browser.post(form.action, form.filled);
    expect(other.status).toBe(403);
    const stranger = await createBrowser(setting.server.issuer).open('/me/invitations/new');
    expect(stranger.heading).toContain('Sign in');
  });
});

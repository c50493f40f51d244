import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { secureRandom } from '../../src/lib/random.ts';
import { createBrowser } from '../support/browser.ts';
import { mailedLink } from '../support/mail.ts';
import { join } from '../support/people.ts';
import { createRelyingApp, type RelyingApp } from '../support/relying-app.ts';
import { accept, createSetting, type Member, type Setting } from '../journeys/setting.ts';
import { apiScope, call, type CallOptions, tokenFor } from './calling.ts';

let setting: Setting;
let phone: RelyingApp;
let maya: Member;
let token: string;

beforeAll(async () => {
  setting = await createSetting({ choir: 'Kammerchor Nord', stage: 'Stage crew', board: 'Board' });
  phone = await createRelyingApp(setting.server, { id: 'phone', scope: apiScope });
  maya = await setting.member('maya', { groups: ['choir:manager', 'stage:member'] });
  token = await tokenFor(phone, maya.browser, setting.server.issuer);
});
afterAll(() => setting?.server.close());
beforeEach(() => setting.server.database.raw('delete from guestlist.throttle'));

const api = (path: string, options?: CallOptions, bearer: string | null | undefined = token) =>
  call(setting.server.issuer, path, bearer ?? undefined, options);
const audited = async (subject: string) => {
  const { rows } = await setting.server.database.raw(
    'select actor, action, detail from guestlist.audit_event where subject = ? order by id',
    [subject],
  );
  return rows as { actor: string; action: string; detail: Record<string, unknown> }[];
};

describe('inviting', () => {
  it('shares a link that works, shown once, in the name of the person', async () => {
    const { status, json, headers } = await api('invitations', { body: { groups: ['choir'], label: 'Ada', message: 'Come and sing' } });
    expect(status).toBe(201);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('location')).toBe(`/api/me/invitations/${json['id']}`);
    const guest = createBrowser(setting.server.issuer);
    const landing = await guest.open(String(json['url']));
    expect(landing.html).toContain('maya');
    expect((await join(guest, String(json['url']), { email: 'ada@example.org' })).heading).toBe('You’re in!');
    const shown = await api(`invitations/${json['id']}`);
    expect(shown.json).toMatchObject({ id: json['id'], state: 'used_up', usedCount: 1, label: 'Ada', grants: ['choir:member'] });
    expect(shown.text).not.toContain(String(json['url']).split('/').at(-1));
    expect((await audited(String(json['id'])))[0]).toMatchObject({
      actor: maya.accountId,
      action: 'invitation.created',
      detail: { client: 'phone' },
    });
  });

  it('never shows a link that goes by mail, sends it again, and takes it back', async () => {
    const { status, json } = await api('invitations', { body: { groups: ['choir'], email: 'ben@example.org' } });
    expect(status).toBe(201);
    expect(json).not.toHaveProperty('url');
    expect(json).not.toHaveProperty('code');
    const first = await mailedLink(setting.server.database, 'ben@example.org');
    expect((await api(`invitations/${json['id']}/resend`, { body: {} })).json).toMatchObject({ state: 'open', email: 'ben@example.org' });
    const second = await mailedLink(setting.server.database, 'ben@example.org');
    expect(second).not.toBe(first);
    const revoked = await api(`invitations/${json['id']}/revoke`, { body: {} });
    expect(revoked.json).toMatchObject({ state: 'revoked' });
    expect((await createBrowser(setting.server.issuer).open(second)).status).toBe(410);
    expect((await audited(String(json['id']))).map(({ action, detail }) => [action, detail['client']])).toEqual([
      ['invitation.created', 'phone'],
      ['invitation.resent', 'phone'],
      ['invitation.revoked', 'phone'],
    ]);
  });

  it.each([
    ['a group that one does not manage', { groups: ['board'] }, 403, 'grant_not_allowed'],
    ['a group that one is only in', { groups: ['stage'] }, 403, 'grant_not_allowed'],
    ['a right', { groups: ['choir'], rights: ['guestlist:admin'] }, 403, 'grant_not_allowed'],
    ['a group that there is not', { groups: ['opera'] }, 404, 'group_not_found'],
    ['somebody else’s name', { groups: ['choir'], inviterName: 'The Pope' }, 422, 'wish_invalid'],
    ['somebody else’s account', { groups: ['choir'], inviterId: 'operator' }, 422, 'wish_invalid'],
    ['nothing at all', {}, 422, 'wish_invalid'],
    ['an end in the past', { groups: ['choir'], expiresAt: '2001-01-01T00:00:00Z' }, 422, 'wish_invalid'],
    ['no date', { groups: ['choir'], expiresAt: 'tomorrow' }, 422, 'wish_invalid'],
    ['an easy PIN', { groups: ['choir'], pin: '1111' }, 422, 'wish_invalid'],
    ['two addresses in one', { groups: ['choir'], email: 'a@example.org, b@example.org' }, 422, 'wish_invalid'],
    ['no JSON', '{', 422, 'wish_invalid'],
    ['no object', '[]', 422, 'wish_invalid'],
  ])('is refused, as problem+json: %s', async (_, body, status, code) => {
    const before = await setting.server.database.raw('select count(*) from guestlist.invitation');
    const answer = await api('invitations', { body });
    expect(answer.json).toMatchObject({ status, code });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect((await setting.server.database.raw('select count(*) from guestlist.invitation')).rows).toEqual(before.rows);
  });

  it('is done once for one Idempotency-Key, however often it is asked', async () => {
    const body = { groups: ['choir'], label: 'Once' };
    const headers = { 'idempotency-key': secureRandom(12).toString('hex') };
    const answers = await Promise.all(Array.from({ length: 5 }, () => api('invitations', { body, headers })));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(await api('invitations', { body: { groups: ['choir'] }, headers })).toMatchObject({ status: 422, json: { code: 'key_used' } });
    const { rows } = await setting.server.database.raw(`select id from guestlist.invitation where label = 'Once'`);
    expect(rows).toHaveLength(1);
    const { rows: told } = await setting.server.database.raw('select sealed from guestlist.told_answer');
    expect(told.some(({ sealed }: { sealed: Buffer }) => sealed.includes(String(answers[0]?.json['code'])))).toBe(false);
  });

  it('makes another in its place, for a link that went astray', async () => {
    const { json } = await api('invitations', { body: { groups: ['choir'], label: 'Eve', pin: true } });
    const again = await api(`invitations/${json['id']}/reissue`, { body: {} });
    expect(again.status).toBe(201);
    expect(again.json['id']).not.toBe(json['id']);
    expect(again.json['pin']).toMatch(/^\d{6}$/);
    expect((await createBrowser(setting.server.issuer).open(String(json['url']))).status).toBe(410);
    expect((await api(`invitations/${again.json['id']}`)).json).toMatchObject({ label: 'Eve', state: 'open', hasPin: true });
    expect(await api(`invitations/${json['id']}/reissue`, { body: {} })).toMatchObject({
      status: 410,
      json: { code: 'invitation_revoked' },
    });
  });
});

describe('what one sees', () => {
  it('is where one may invite to, and with which roles', async () => {
    const { json } = await api('groups');
    expect(json['groups']).toEqual([
      {
        slug: 'choir',
        name: 'Kammerchor Nord',
        roles: ['member', 'manager'],
        channels: ['mail', 'link'],
        pinForLinks: false,
        domains: [],
        approval: false,
      },
    ]);
    await setting.guestlist.setPolicy('stage', { who: 'members', channels: ['mail'], perDay: 1 });
    expect((await api('groups')).json['groups']).toMatchObject([
      { slug: 'choir' },
      { slug: 'stage', roles: ['member'], channels: ['mail'], leftToday: 1 },
    ]);
    const invited = await api('invitations', { body: { groups: ['stage'], email: 'one-a-day@example.org' } });
    expect(invited.status).toBe(201);
    expect(await api('invitations', { body: { groups: ['stage'], email: 'two-a-day@example.org' } })).toMatchObject({
      status: 403,
      json: { code: 'policy_refused', group: 'stage', rule: 'quota' },
    });
    await setting.guestlist.setPolicy('stage', null);
  });

  it('are one’s own invitations, page by page, and nobody else’s', async () => {
    const theirs = await setting.guestlist.invite({ groups: ['choir'], label: 'of the operator' });
    const pages: unknown[] = [];
    let next: unknown;
    do {
      const { json } = await api(`invitations?limit=2${next ? `&before=${next}` : ''}`);
      pages.push(...(json['invitations'] as unknown[]));
      next = json['next'];
    } while (next);
    const { rows } = await setting.server.database.raw('select id from guestlist.invitation where inviter_id = ? order by id desc', [
      maya.accountId,
    ]);
    expect(pages.map((one) => (one as { id: string }).id)).toEqual(rows.map(({ id }: { id: string }) => id));
    for (const [path, options] of [
      [`invitations/${theirs.id}`, {}],
      [`invitations/${theirs.id}/revoke`, { body: {} }],
      [`invitations/${theirs.id}/resend`, { body: {} }],
      [`invitations/${theirs.id}/reissue`, { body: {} }],
    ] as const) {
      const [foreign, none] = [await api(path, options), await api(path.replace(theirs.id, '0197-none'), options)];
      expect(foreign).toMatchObject({ status: 404, json: { code: 'invitation_not_found' } });
      expect(foreign.text).toBe(none.text);
    }
    expect((await setting.guestlist.find(theirs.id))?.state).toBe('open');
  });

  it('is refused for a page that cannot be', async () => {
    for (const query of ['limit=0', 'limit=1000', 'sort=digest', 'limit=x'])
      expect(await api(`invitations?${query}`)).toMatchObject({ status: 422, json: { code: 'wish_invalid' } });
  });
});

describe('taking the right to invite away', () => {
  it('suspends what was issued, and refuses more', async () => {
    const pia = await setting.member('pia', { groups: ['stage:manager'] });
    const hers = await tokenFor(phone, pia.browser, setting.server.issuer);
    const { json } = await api('invitations', { body: { groups: ['stage'] } }, hers);
    await setting.guestlist.withdraw(pia.accountId, { groups: ['stage:manager'] });
    expect(await api('invitations', { body: { groups: ['stage'] } }, hers)).toMatchObject({
      status: 403,
      json: { code: 'grant_not_allowed' },
    });
    expect((await api(`invitations/${json['id']}`, {}, hers)).json).toMatchObject({ state: 'suspended' });
    const guest = await setting.member('guest');
    expect((await guest.browser.open(String(json['url']))).status).toBe(403);
    await setting.guestlist.grant(pia.accountId, { groups: ['stage:manager'] });
    expect((await accept(guest, String(json['url']))).heading).toBe('You’re in!');
  });
});

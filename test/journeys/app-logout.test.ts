/** Whoever loses an app's group is signed out of that app, and of nothing else. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { disableAccount } from '../../src/account/manage.ts';
import { changeClient } from '../../src/client/manage.ts';
import { changeGroup } from '../../src/group/manage.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { createSeal } from '../../src/lib/seal.ts';
import { createBrowser } from '../support/browser.ts';
import { testSecret } from '../support/mail.ts';
import { signIn } from '../support/people.ts';
import { createRelyingApp } from '../support/relying-app.ts';
import { createLogoutSetting, expectAlive, expectDead, forever, hour, type LogoutSetting } from './app-logout-setting.ts';

let setting: LogoutSetting;

beforeAll(async () => {
  setting = await createLogoutSetting();
});
afterAll(() => setting?.close());
beforeEach(() => setting.forget());

describe('whoever loses the group of an app', () => {
  test('is signed out of it by one valid logout token, its tokens are dead, and everything else goes on', async () => {
    const { closed, receiver, open, other, news, boardMember, leaveBoard, verified, fates, thoroughly } = setting;
    const ada = await boardMember('ada');
    const ben = await boardMember('ben');
    const tokens = await closed.signInSilently(ada.browser);
    const elsewhere = await open.signInSilently(ada.browser);
    const bens = await closed.signInSilently(ben.browser);
    await leaveBoard(ada);
    await news.endLost(ada.accountId);
    await news.tellDue(forever);

    expect(receiver.tokens).toHaveLength(1);
    const payload = await verified(receiver.tokens[0]);
    expect(payload).toMatchObject({
      ...{ sub: ada.accountId, sid: tokens.claims()?.['sid'], jti: expect.any(String) },
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(120);
    expect(payload).not.toHaveProperty('nonce');
    await expectDead(closed, tokens);
    expect(other.tokens).toEqual([]);
    await expectAlive(open, elsewhere);
    await expectAlive(closed, bens);
    expect((await open.signInSilently(ada.browser)).claims()?.sub).toBe(ada.accountId);
    expect(await fates()).toEqual([{ attempts: 1, end: 'delivered' }]);
    await thoroughly();
    expect(receiver.tokens).toHaveLength(1);
  });

  test('loses it in every browser, and where only a refresh token is left of the session', async () => {
    const { server, closed, receiver, open, boardMember, leaveBoard, verified, thoroughly } = setting;
    const ada = await boardMember('many-browsers');
    const sids = [(await closed.signInSilently(ada.browser)).claims()?.['sid']];
    const second = createBrowser(server.issuer);
    await signIn(second, await second.open((await open.begin()).url), ada);
    sids.push((await closed.signInSilently(second)).claims()?.['sid']);
    await server.database.raw(
      `delete from guestlist.oidc_payload where kind = 'Session' and payload #>> '{authorizations,closed,sid}' = ?`,
      [String(sids[1])],
    );
    await leaveBoard(ada);
    await thoroughly();
    const told = await Promise.all(receiver.tokens.map(async (token) => (await verified(token))['sid']));
    expect(told.toSorted()).toEqual(sids.toSorted());
  });

  test('loses it when the time in the group is over', async () => {
    const { server, closed, receiver, boardMember, minutely, at } = setting;
    const ada = await boardMember('until-noon', []);
    await server.guestlist.grant(ada.accountId, { groups: ['board'], ends: { at: new Date(server.now().getTime() + hour * 1000) } });
    const tokens = await closed.signInSilently(ada.browser);
    await minutely();
    expect(receiver.tokens).toEqual([]);
    await expectAlive(closed, tokens);
    const later = await closed.signInSilently(ada.browser);
    await at(hour, async () => {
      await minutely();
      expect(receiver.tokens).toHaveLength(1);
      await expectDead(closed, later);
    });
  });

  test('is told of by the session alone, where the consent is gone before the time is over', async () => {
    const { server, closed, receiver, boardMember, minutely, at } = setting;
    const ada = await boardMember('no-consent', []);
    await server.guestlist.grant(ada.accountId, { groups: ['board'], ends: { at: new Date(server.now().getTime() + hour * 1000) } });
    await closed.signInSilently(ada.browser);
    await server.database.raw(`delete from guestlist.oidc_payload where kind <> 'Session' and payload ->> 'accountId' = ?`, [
      ada.accountId,
    ]);
    await at(hour, minutely);
    expect(receiver.tokens).toHaveLength(1);
  });

  test('comes back with a new session at the app, whose end is told again; what was written back meanwhile does not count', async () => {
    const { server, closed, receiver, boardMember, leaveBoard, verified, thoroughly } = setting;
    const ada = await boardMember('back-again');
    const first = await closed.signInSilently(ada.browser);
    const session = `kind = 'Session' and payload ->> 'accountId' = '${ada.accountId}'`;
    const [before] = await server.database('guestlist.oidc_payload').whereRaw(session);
    await leaveBoard(ada);
    await thoroughly();
    // A request that had read the session before.
    await server.database('guestlist.oidc_payload').whereRaw(session).update({ payload: before.payload });
    await server.guestlist.grant(ada.accountId, { groups: ['board'] });
    const second = await closed.signInSilently(ada.browser);
    expect(second.claims()?.['sid']).not.toBe(first.claims()?.['sid']);
    await leaveBoard(ada);
    await thoroughly();
    expect(await Promise.all(receiver.tokens.map(async (token) => (await verified(token))['sid']))).toEqual([
      first.claims()?.['sid'],
      second.claims()?.['sid'],
    ]);
  });

  test('of an archived group is out of it, and so is everybody when an app is closed', async () => {
    const { server, receiver, boardMember, verified, thoroughly } = setting;
    const stage = await createRelyingApp(server, { id: 'stage', requiredGroup: 'stage', backchannelLogoutUri: `${receiver.origin}/stage` });
    const cellar = await createRelyingApp(server, { id: 'cellar', backchannelLogoutUri: `${receiver.origin}/cellar` });
    const ada = await boardMember('archived', ['stage']);
    const ben = await boardMember('cellar', ['stage', 'cellar']);
    const tools = { clock: server.now, random: secureRandom };
    const tokens = await stage.signInSilently(ada.browser);
    const out = await cellar.signInSilently(ada.browser);
    const inside = await cellar.signInSilently(ben.browser);
    await thoroughly();
    expect(receiver.tokens).toEqual([]);
    await changeGroup(server.database, 'stage', { ...tools, actor: 'operator', change: { archived: true } });
    await thoroughly();
    expect(await verified(receiver.tokens[0], stage)).toMatchObject({ sub: ada.accountId });
    await expectDead(stage, tokens);
    const clientTools = { ...tools, seal: createSeal(testSecret, secureRandom), actor: 'operator', complaintAbout: () => undefined };
    await changeClient(server.database, 'cellar', { ...clientTools, change: { requiredGroup: 'cellar' } });
    await thoroughly();
    expect(receiver.tokens).toHaveLength(2);
    expect(await verified(receiver.tokens[1], cellar)).toMatchObject({ sub: ada.accountId });
    await expectDead(cellar, out);
    await expectAlive(cellar, inside);
  });

  test('is another person to a pairwise app, and whoever only knocked at an app is nobody to it', async () => {
    const { server, receiver, boardMember, leaveBoard, verified, thoroughly } = setting;
    const pair = await createRelyingApp(server, {
      ...{ id: 'pair', requiredGroup: 'board', pairwise: true, backchannelLogoutUri: `${receiver.origin}/pair` },
    });
    const ada = await boardMember('pairwise');
    const stranger = await boardMember('knocking', []);
    expect((await stranger.browser.open((await pair.begin()).url)).status).toBe(403);
    const { sub } = (await pair.signInSilently(ada.browser)).claims() ?? {};
    await leaveBoard(ada);
    await thoroughly();
    expect(await Promise.all(receiver.tokens.map((token) => verified(token, pair)))).toMatchObject([{ sub }]);
    expect(sub).not.toBe(ada.accountId);
  });
});

test('a disabled account is signed out of everything, and every app is told', async () => {
  const { server, closed, receiver, open, other, boardMember, verified, minutely } = setting;
  const ada = await boardMember('disabled');
  const tokens = await closed.signInSilently(ada.browser);
  const others = await open.signInSilently(ada.browser);
  await disableAccount(server.database, ada.email, { clock: server.now, random: secureRandom, actor: 'operator' });
  await minutely();
  expect([await verified(receiver.tokens[0]), await verified(other.tokens[0], open)]).toMatchObject([
    { sub: ada.accountId },
    { sub: ada.accountId },
  ]);
  await expectDead(closed, tokens);
  await expectDead(open, others);
  const { rows } = await server.database.raw(
    `select kind from guestlist.oidc_payload where payload ->> 'accountId' = ? and kind <> 'Interaction'`,
    [ada.accountId],
  );
  expect(rows).toEqual([]);
});

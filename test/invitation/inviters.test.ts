/** Where somebody stands in the tree of inviters who was there before they were invited: accounts of a host, and the first of a group. */
import { expect, it } from 'vitest';
import { down, up } from '../../migrations/0034_inviter_tree.ts';
import { asAccount, visitTo } from '../plugin/making.ts';
import { by, setStage, stage } from './limits-setting.ts';

setStage();

const redeem = async (token: string | undefined, accountId: string) =>
  stage.guestlist.redeem(await visitTo(stage.own.database, token ?? ''), asAccount(accountId));

async function placesOf(...accounts: readonly string[]) {
  const tree = await stage.guestlist.inviters.tree();
  return tree
    .filter(({ accountId }) => accounts.includes(accountId))
    .map(({ accountId, invitedBy, invited }) => ({ accountId, invitedBy, invited }));
}

it('whoever has let others in is not below them, nor is anybody lost with them, when they are invited in turn', async () => {
  const [founder, ben, more] = [stage.manager, `${stage.slug}-ben`, `${stage.slug}-more`];
  await redeem((await by(founder)).token, ben);
  await stage.guestlist.addGroup({ slug: more, name: 'More' });
  await stage.guestlist.grant(ben, { groups: [`${more}:manager`] });
  stage.now = new Date(stage.now.getTime() + 1000);
  await redeem((await by(ben, { groups: [more] })).token, founder);
  expect(await placesOf(founder, ben)).toEqual([
    { accountId: founder, invitedBy: undefined, invited: 1 },
    { accountId: ben, invitedBy: founder, invited: 0 },
  ]);
});

it('nobody came through themselves', async () => {
  const more = `${stage.slug}-own`;
  await stage.guestlist.addGroup({ slug: more, name: 'More' });
  const { token } = await by('admin', { groups: [more], maxUses: 2 });
  await redeem(token, 'admin');
  await redeem(token, `${stage.slug}-friend`);
  expect(await placesOf('admin', `${stage.slug}-friend`)).toEqual([
    { accountId: 'admin', invitedBy: undefined, invited: 1 },
    { accountId: `${stage.slug}-friend`, invitedBy: 'admin', invited: 0 },
  ]);
});

it('of what came before it was noted, the same is known as if it had been', async () => {
  const { id, token } = await by(stage.manager, { maxUses: 2 });
  await redeem(token, `${stage.slug}-cleo`);
  stage.now = new Date(stage.now.getTime() + 1000);
  await stage.guestlist.adopt(id, 'admin');
  await redeem(token, `${stage.slug}-dan`);
  await redeem((await by('admin')).token, `${stage.slug}-cleo`);
  const noted = () => stage.own.database('guestlist.inviter_tree').orderBy('account_id');
  const before = await noted();
  expect(before.length).toBeGreaterThan(5);
  await stage.own.database.transaction(async (trx) => {
    await down(trx);
    await up(trx);
  });
  expect(await noted()).toEqual(before);
});

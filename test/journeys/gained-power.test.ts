/** Invitations that are out when their group comes to mean more than it did when they were made. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accept, createSetting, type Member, questionOf, refusalOn, refused, type Setting } from './setting.ts';

let setting: Setting;
let guestlist: Setting['guestlist'];
let admin: Member;

beforeAll(async () => {
  setting = await createSetting({});
  ({ guestlist } = setting);
  admin = await setting.member('admin', { rights: ['guestlist:admin'] });
});
afterAll(() => setting.server.close());

test.each(['the group', 'a group above it'])(
  'where %s comes to run the server, links are on hold that are out already (G8)',
  async (which) => {
    const slug = which === 'the group' ? 'rises' : 'rises-beneath';
    const top = which === 'the group' ? slug : 'rises-above';
    if (top !== slug) await guestlist.addGroup({ slug: top, name: 'Above' });
    await guestlist.addGroup({ slug, name: 'Rises', ...(top === slug ? {} : { parent: top }) });
    const { url, id } = await guestlist.invite({ groups: [slug] });
    const ada = await setting.member(`ada-${slug}`);
    const question = await questionOf(ada, url);
    await guestlist.addRightToGroup(top, 'guestlist:admin');
    expect(refusalOn(await ada.browser.submit(question, 'Join'))).toEqual(refused.suspended);
    expect((await guestlist.groupsOf(ada.accountId)).entitlements).not.toContain('guestlist:admin');
    await expect(guestlist.confirm(id, 'operator')).rejects.toMatchObject({ code: 'second_person_needed' });
    await guestlist.confirm(id, admin.accountId);
    expect((await accept(ada, url)).heading).toBe('You’re in!');
    expect((await guestlist.groupsOf(ada.accountId)).entitlements).toContain('guestlist:admin');
  },
);

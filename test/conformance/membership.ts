/** The account of the foreign host joins a group, through the plugin's front door and the host's own sign-in page. */
import { addGroup } from '../../src/group/manage.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { secureRandom } from '../../src/lib/random.ts';
import type { Guestlist } from '../../src/plugin.ts';
import { createBrowser } from '../support/browser.ts';
import type { TestDatabase } from '../support/database.ts';
import type { Host } from './host.ts';

type Joining = { readonly guestlist: Guestlist; readonly testDatabase: TestDatabase; readonly person: Host['person'] };

export async function joinAGroup(issuer: string, { guestlist, testDatabase: { database }, person }: Joining): Promise<void> {
  const group = { slug: 'choir', name: 'Choir', description: 'Sings', rights: ['plan:read'] };
  await addGroup(database, group, { clock: systemClock, random: secureRandom });
  const { url } = await guestlist.invite({ groups: ['choir:manager'], maxUses: 1 });
  const browser = createBrowser(issuer);
  const signIn = await browser.submit(await browser.open(url), 'login');
  const question = await browser.submit(signIn, 'Sign in', { email: person.email, password: person.password });
  const done = await browser.submit(question, 'Join');
  if (!done.url.endsWith('/invite/done')) throw new Error(`did not join but is at ${done.url}:\n${done.html}`);
}

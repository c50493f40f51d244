/** The account of the foreign host joins a group, through the plugin's front door and the host's own sign-in page. */
import type { Guestlist } from '../../src/index.ts';
import { createBrowser } from '../support/browser.ts';
import { person } from './host-pages.ts';

export async function joinAGroup(issuer: string, guestlist: Guestlist): Promise<void> {
  await guestlist.addGroup({ slug: 'choir', name: 'Choir', rights: ['plan:read'] });
  const { url } = await guestlist.invite({ groups: ['choir:manager'], maxUses: 1 });
  const browser = createBrowser(issuer);
  const signIn = await browser.submit(await browser.open(url), 'login');
  const question = await browser.submit(signIn, 'Sign in', { email: person.email, password: person.password });
  const done = await browser.submit(question, 'Join');
  if (new URL(done.url).pathname !== '/invite/done') throw new Error(`did not join but is at ${done.url}:\n${done.html}`);
}

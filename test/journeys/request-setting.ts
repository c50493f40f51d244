/** What the stories about requests share: a choir that can be asked for, and Maya, who runs it. */
import type { PendingRequest } from '../../src/request/desk-calls.ts';
import { createBrowser } from '../support/browser.ts';
import { mailedLink } from '../support/mail.ts';
import { join } from '../support/people.ts';
import { createSetting, type Member, type Setting } from './setting.ts';

export type RequestSetting = Setting & {
  readonly manager: Member;
  waitingEmails(): Promise<string[]>;
  requestOf(email: string): Promise<PendingRequest>;
  /** Somebody with an account who runs nothing. */
  somebody(name: string): Promise<Member>;
};

export async function createRequestSetting(): Promise<RequestSetting> {
  const setting = await createSetting({ choir: 'Kammerchor Nord', board: 'Vorstand' }, { newcomersProveEmail: true });
  const { server, guestlist } = setting;

  async function somebody(name: string): Promise<Member> {
    const email = `${name}@example.org`;
    await guestlist.invite({ rights: ['door:open'], email });
    const browser = createBrowser(server.issuer);
    await join(browser, await mailedLink(server.database, email), { email, name });
    return { browser, email, accountId: await setting.accountIdOf(email) };
  }

  const manager = await somebody('maya');
  await guestlist.grant(manager.accountId, { groups: ['choir:manager'] });
  await guestlist.requests.open('choir');
  return {
    ...setting,
    manager,
    somebody,
    waitingEmails: async () => (await guestlist.requests.waiting({ group: 'choir' })).map(({ email }) => email),
    async requestOf(email) {
      const found = (await guestlist.requests.waiting()).find((request) => request.email === email);
      if (!found) throw new Error(`${email} is not waiting`);
      return found;
    },
  };
}

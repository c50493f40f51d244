/** What the stories about one's own account share. */
import { findAccountByEmail, saveProvenEmail } from '../../src/account/store.ts';
import type { Account } from '../../src/account/account.ts';
import { emailKey } from '../../src/lib/email.ts';
import { type Browser, createBrowser, type Rest } from '../support/browser.ts';
import { mailbox, mailedAccountLink } from '../support/mail.ts';
import { becomeMember, goodPassword, type Member, signIn } from '../support/people.ts';
import { createRelyingApp, type RelyingApp } from '../support/relying-app.ts';
import { startTestServer, type TestServer, type TestServerOptions } from '../support/server.ts';

export const newPassword = 'walrus umbrella telescope ninety';
export const wrongPassword = 'what was it, what was it';
export const deadLink = { status: 404, code: 'link_not_found' };

export type AccountSetting = {
  readonly server: TestServer;
  readonly app: RelyingApp;
  account(email: string): Promise<Account | undefined>;
  /** Signed in, with an account that a mailed invitation made; perhaps as if nobody had proven the address. */
  member(email: string, options?: { readonly proven?: boolean }): Promise<Member>;
  /** The same person in a browser of its own; not signed in if the password is wrong. */
  again(email: string, password?: string): Promise<Browser>;
  isSignedIn(browser: Browser): Promise<boolean>;
  canSignIn(email: string, password: string): Promise<boolean>;
  addFurther(member: Member, email: string): Promise<void>;
  /** Kinds of the mails that went to somebody, the newest first. */
  kindsTo(email: string): Promise<string[]>;
  askForReset(browser: Browser, email: string): Promise<Rest>;
  resetLink(email: string): Promise<string>;
  /** Asks, opens the link that comes, and sets the password. */
  reset(browser: Browser, email: string, password?: string): Promise<Rest>;
  changePassword(browser: Browser, fields?: Readonly<Record<string, string>>): Promise<Rest>;
  askForChange(browser: Browser, email: string, current?: string): Promise<Rest>;
  confirmLink(email: string): Promise<string>;
  makeFirst(browser: Browser): Promise<Rest>;
};

export async function createAccountSetting(options: TestServerOptions = {}): Promise<AccountSetting> {
  const server = await startTestServer(options);
  await server.addGroup('choir', { name: 'Kammerchor Nord' });
  const app = await createRelyingApp(server);
  const { database } = server;
  const setting: AccountSetting = {
    server,
    app,
    account: (email) => findAccountByEmail(database, emailKey(email)),
    async member(email, { proven = true } = {}) {
      const member = await becomeMember(server, { group: 'choir', email, proven: true });
      if (!proven) await database.raw('update guestlist.account_email set verified_at = null where account_id = ?', [member.accountId]);
      return member;
    },
    async again(email, password = goodPassword) {
      const browser = createBrowser(server.issuer);
      await signIn(browser, await browser.open((await app.begin()).url), { email, password });
      return browser;
    },
    async isSignedIn(browser) {
      const { leftFor } = await browser.open((await app.begin({ prompt: 'none' })).url);
      return leftFor?.searchParams.has('code') === true;
    },
    canSignIn: async (email, password) => setting.isSignedIn(await setting.again(email, password)),
    addFurther: async ({ accountId }, email) => {
      await database.transaction((trx) => saveProvenEmail(trx, { accountId, email, now: server.now() }));
    },
    kindsTo: async (email) => (await mailbox(database, email)).map(({ kind }) => kind),
    askForReset: async (browser, email) => browser.submit(await browser.open('/account/forgot'), 'Send me a mail', { email }),
    resetLink: (email) => mailedAccountLink(database, email, 'password-reset'),
    async reset(browser, email, password = newPassword) {
      await setting.askForReset(browser, email);
      return browser.submit(await browser.open(await setting.resetLink(email)), 'Set the password', { password });
    },
    changePassword: async (browser, fields = {}) =>
      browser.submit(await browser.open('/account/password'), 'Change password', {
        current: goodPassword,
        password: newPassword,
        ...fields,
      }),
    askForChange: async (browser, email, current = goodPassword) =>
      browser.submit(await browser.open('/account/email'), 'Send me a mail', { email, current }),
    confirmLink: (email) => mailedAccountLink(database, email, 'email-change'),
    makeFirst: async (browser) => browser.submit(await browser.open('/account/address/1'), 'first', { current: goodPassword }),
  };
  return setting;
}

/** What a page refuses, as a program would tell it. */
export function codeOn({ status, $ }: Rest): { readonly status: number; readonly code: string | undefined } {
  return { status, code: $('body').attr('data-code') };
}

/** The field that a page complains about. */
export function fieldOn({ $ }: Rest): string | undefined {
  return $('[aria-invalid="true"]').attr('name');
}

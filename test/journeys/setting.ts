/** What the stories about invitations share: a server with an app, and people who are signed in and hold what is said. */
import { findInvitation } from '../../src/invitation/store.ts';
import { insertAccount } from '../../src/account/store.ts';
import type { Transaction } from '../../src/lib/db.ts';
import { type Token, tokenDigest } from '../../src/invitation/token.ts';
import { beginVisit, type Visit, visitOf } from '../../src/invitation/visit.ts';
import { findToken } from '../../src/invitation/visit-store.ts';
import { secureRandom } from '../../src/lib/random.ts';
import type { GrantWish } from '../../src/group/manage.ts';
import { type Browser, createBrowser, type Rest } from '../support/browser.ts';
import { mailbox, mailedLink } from '../support/mail.ts';
import { join, signIn } from '../support/people.ts';
import { createRelyingApp, type RelyingApp } from '../support/relying-app.ts';
import { startTestServer, type TestServer, type TestServerOptions } from '../support/server.ts';

export type Member = { readonly browser: Browser; readonly accountId: string; readonly email: string };

export type Setting = {
  readonly server: TestServer;
  readonly guestlist: TestServer['guestlist'];
  readonly app: RelyingApp;
  /** Somebody with an account and a session. Whoever is just `<name>@example.org` has proven nothing. */
  member(name: string, wish?: GrantWish & { readonly verified?: true }): Promise<Member>;
  /** The same person in a browser of its own. */
  again(member: Pick<Member, 'email'>): Promise<Browser>;
  /** What the app learns at the next sign-in. */
  groupsOf(browser: Browser): Promise<unknown>;
  usedCount(id: string): Promise<number | undefined>;
  accountIdOf(email: string): Promise<string>;
  /** Kinds of the mails that went to somebody, the newest first. */
  mailsTo(email: string): Promise<string[]>;
  inDays(days: number): Date;
  /** Ids of so many new accounts, quicker than registering one after the other; they have no password to sign in with. */
  crowd(size: number): Promise<string[]>;
  /** As a browser that opened the link would hold it. */
  visit(token: string): Promise<Visit>;
  /** The one that a browser holds. */
  visitOf(browser: Browser): Promise<Visit>;
};

export async function createSetting(groups: Readonly<Record<string, string>>, options: TestServerOptions = {}): Promise<Setting> {
  const server = await startTestServer(options);
  const { guestlist, database } = server;
  for (const [slug, name] of Object.entries(groups)) await server.addGroup(slug, { name });
  // Something to let people in by that is no group.
  for (const name of ['door:open', 'guestlist:admin']) await guestlist.addRight({ name });
  const app = await createRelyingApp(server);

  async function accountIdOf(email: string): Promise<string> {
    const { rows } = await database.raw('select account_id from guestlist.account_email where email_key = ?', [email]);
    return rows[0].account_id;
  }

  return {
    server,
    guestlist,
    app,
    accountIdOf,
    async member(name, { verified, ...wish } = {}) {
      const email = `${name}@example.org`;
      const browser = createBrowser(server.issuer);
      const { url } = await guestlist.invite({ rights: ['door:open'], ...(verified ? { email } : {}) });
      const done = await join(browser, url ?? (await mailedLink(database, email)), { email, name });
      if (done.heading !== 'You’re in!') throw new Error(`${name} did not come in: ${done.heading}`);
      const accountId = await accountIdOf(email);
      await guestlist.grant(accountId, wish);
      return { browser, accountId, email };
    },
    async again({ email }) {
      const browser = createBrowser(server.issuer);
      await signIn(browser, await browser.open((await app.begin()).url), { email });
      return browser;
    },
    groupsOf: async (browser) => (await app.signInSilently(browser)).claims()?.['groups'],
    usedCount: async (id) => (await findInvitation(database, id))?.usedCount,
    mailsTo: async (email) => (await mailbox(database, email)).map(({ kind }) => kind),
    async crowd(size) {
      const name = secureRandom(4).toString('hex');
      const { token } = await guestlist.invite({ rights: ['door:open'], maxUses: size });
      const one = async (_: unknown, index: number) => {
        const visit = await beginVisitTo(server, token);
        const id = `${name}-${index}`;
        const account = {
          id,
          name: id,
          email: `${id}@example.org`,
          emailVerifiedAt: undefined,
          passwordHash: 'none',
          createdAt: server.now(),
        };
        const createAccount = async (trx: Transaction, { invitationId }: { readonly invitationId: string }) => {
          await insertAccount(trx, { ...account, invitationId });
          return id;
        };
        return (await guestlist.redeem(visit, { redeemer: { createAccount } })).accountId;
      };
      return Promise.all(Array.from({ length: size }, one));
    },
    visit: (token) => beginVisitTo(server, token),
    async visitOf({ jar }) {
      const cookie = (await jar.getCookies(server.issuer)).find(({ key }) => key === 'guestlist_visit');
      const visit = await visitOf(database, cookie?.value, server.now());
      if (!visit) throw new Error('this browser holds no visit');
      return visit;
    },
    inDays: (days) => new Date(server.now().getTime() + days * 24 * 60 * 60 * 1000),
  };
}

async function beginVisitTo({ database, now }: TestServer, token: string): Promise<Visit> {
  const found = await findToken(database, tokenDigest(token as Token));
  const begun = found && (await beginVisit(database, found, { now: now(), random: secureRandom }));
  return (begun && (await visitOf(database, begun.handle, now()))) ?? Promise.reject(new Error('no such token'));
}

/** Of somebody who is signed in: from the link to the question, or to what stands in its place. */
export async function questionOf({ browser }: Pick<Member, 'browser'>, url: string): Promise<Rest> {
  return browser.submit(await browser.open(url), 'join');
}

export async function accept(member: Pick<Member, 'browser'>, url: string, button = 'Join'): Promise<Rest> {
  return member.browser.submit(await questionOf(member, url), button);
}

/** What a page refuses, as a program would tell it. */
export function refusalOn({ status, $ }: Rest): { readonly status: number; readonly code: string | undefined } {
  return { status, code: $('body').attr('data-code') };
}

export const refused = {
  notStarted: { status: 403, code: 'invitation_not_started' },
  expired: { status: 410, code: 'invitation_expired' },
  revoked: { status: 410, code: 'invitation_revoked' },
  usedUp: { status: 410, code: 'invitation_used_up' },
  suspended: { status: 403, code: 'invitation_suspended' },
  groupFull: { status: 409, code: 'group_full' },
  removed: { status: 403, code: 'removed_from_group' },
  rejected: { status: 403, code: 'approval_rejected' },
  disabled: { status: 403, code: 'account_disabled' },
} as const;

/** Every row of the error table, provoked from outside. The type makes a forgotten one a compile error. */
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { errors, type FailureCode } from '../../src/errors.ts';
import { addGroup, addRight } from '../../src/group/manage.ts';
import { mintToken } from '../../src/invitation/token.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { type Browser, createBrowser } from '../support/browser.ts';
import { createTestDatabase } from '../support/database.ts';
import { databaseUrlOf, runCommand } from '../support/command.ts';
import { checkCode } from '../../src/invitation/proof.ts';
import { visitTo } from '../plugin/making.ts';
import { mailedLink } from '../support/mail.ts';
import { calling } from './api-refusals.ts';
import { deciding, type Seen, seenOn, thrownBy } from './deciding.ts';
import { goodPassword, join, openAsNewcomer, register, signIn } from '../support/people.ts';
import { createRelyingApp, type RelyingApp } from '../support/relying-app.ts';
import { testSecret } from '../support/mail.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let app: RelyingApp;
let browser: Browser;

beforeAll(async () => {
  server = await startTestServer();
  await server.addGroup('choir');
  app = await createRelyingApp(server);
});
afterAll(() => server?.close());
beforeEach(async () => {
  await server.database.raw('delete from guestlist.throttle');
  browser = createBrowser(server.issuer);
});

/** Somebody who holds the visit of a link and makes an account on the way. */
async function asNewAccount() {
  return { redeemer: { createAccount: async () => secureRandom(8).toString('hex') } };
}

async function someMember(): Promise<{ email: string; browser: Browser; accountId: string }> {
  const email = `${secureRandom(6).toString('hex')}@example.org`;
  const member = createBrowser(server.issuer);
  await join(member, (await server.guestlist.invite({ groups: ['choir'] })).url, { email });
  const { rows } = await server.database.raw('select account_id from guestlist.account_email where email_key = ?', [email]);
  return { email, browser: member, accountId: rows[0].account_id };
}

vi.setConfig({ testTimeout: 60_000 });

const tools = () => ({ clock: server.now, random: secureRandom });
const expiresSoon = () => ({ expiresAt: new Date(server.now().getTime() + 1_000) });

const provoke: Record<FailureCode, () => Promise<Seen>> = {
  invitation_not_found: async () => seenOn(await browser.open(`/invite/${mintToken(secureRandom)}`)),
  invitation_not_started: async () => {
    const { url } = await server.guestlist.invite({ groups: ['choir'], startsAt: new Date(server.now().getTime() + 60_000) });
    return seenOn(await browser.open(url));
  },
  invitation_expired: async () => {
    const { url } = await server.guestlist.invite({ groups: ['choir'], ...expiresSoon() });
    server.pass(2);
    return seenOn(await browser.open(url));
  },
  invitation_revoked: async () => {
    const { url, id } = await server.guestlist.invite({ groups: ['choir'] });
    await server.guestlist.revoke(id, 'operator');
    return seenOn(await browser.open(url));
  },
  invitation_used_up: async () => {
    const { url } = await server.guestlist.invite({ groups: ['choir'] });
    const form = await openAsNewcomer(browser, url);
    await join(createBrowser(server.issuer), url, { email: 'first-of-one@example.org' });
    return seenOn(await register(browser, form, { email: 'second-of-one@example.org' }));
  },
  invitation_replaced: async () => {
    const { id } = await server.guestlist.invite({ groups: ['choir'], email: 'replaced@example.org' });
    const first = await mailedLink(server.database, 'replaced@example.org');
    await server.guestlist.resend(id, 'operator');
    return seenOn(await browser.open(first));
  },
  invitation_suspended: async () => {
    await server.addGroup('closed');
    const { url } = await server.guestlist.invite({ groups: ['closed'] });
    await server.guestlist.changeGroup('closed', { archived: true });
    return seenOn(await browser.open(url));
  },
  pin_required: async () => {
    const { token } = await server.guestlist.invite({ groups: ['choir'], pin: true });
    return thrownBy(async () => server.guestlist.redeem(await visitTo(server.database, token), await asNewAccount()));
  },
  pin_wrong: async () => {
    const { url } = await server.guestlist.invite({ groups: ['choir'], pin: '471193' });
    const page = await browser.submit(await browser.open(url), 'Continue', { pin: '471194' });
    return { status: page.status, code: page.$('[aria-invalid="true"]').attr('name') === 'pin' ? 'pin_wrong' : undefined };
  },
  pin_locked: async () => {
    const { url } = await server.guestlist.invite({ groups: ['choir'], pin: '471193' });
    const page = await browser.open(url);
    for (let slip = 0; slip < 4; slip += 1) await browser.submit(page, 'Continue', { pin: `47119${slip + 4}` });
    await browser.submit(page, 'Continue', { pin: '999999' });
    return seenOn(await browser.open('/invite'));
  },
  email_mismatch: async () => {
    const { browser: member } = await someMember();
    await server.addGroup(`mismatch`);
    await server.guestlist.invite({ groups: ['mismatch'], email: 'somebody-else@example.org' });
    const landing = await member.open(await mailedLink(server.database, 'somebody-else@example.org'));
    const page = await member.submit(landing, 'join');
    return { status: page.status, code: page.$('body').attr('data-code') };
  },
  email_domain_not_allowed: async () => {
    const { browser: member } = await someMember();
    await server.addGroup('domain');
    const { url } = await server.guestlist.invite({ groups: ['domain'], domains: ['clinic.example'] });
    return seenOn(await member.submit(await member.open(url), 'join'));
  },
  email_not_verified: async () => {
    const { token } = await server.guestlist.invite({ groups: ['choir'], email: 'unproven@example.org', channels: ['link', 'mail'] });
    return thrownBy(async () => server.guestlist.redeem(await visitTo(server.database, token ?? ''), await asNewAccount()));
  },
  code_wrong: async () => {
    const { url } = await server.guestlist.invite({ groups: ['choir'], domains: ['example.org'] });
    const address = await openAsNewcomer(browser, url);
    const code = await browser.submit(address, 'Send me a mail', { email: 'code-wrong@example.org' });
    const page = await browser.submit(code, 'Continue', { code: '000000' });
    return { status: page.status, code: page.$('[aria-invalid="true"]').attr('name') === 'code' ? 'code_wrong' : undefined };
  },
  link_not_found: async () => seenOn(await browser.open(`/account/reset/${secureRandom(32).toString('base64url')}`)),
  code_expired: async () => {
    const visit = await visitTo(server.database, (await server.guestlist.invite({ groups: ['choir'], domains: ['example.org'] })).token);
    const codeKey = () => Buffer.alloc(32);
    return thrownBy(() => checkCode({ database: server.database, clock: server.now, codeKey }, { visit, code: '123456' }));
  },
  sign_in_too_weak: async () => {
    const { token, id } = await server.guestlist.invite({ groups: ['choir'] });
    await server.database.raw(`update guestlist.invitation set required_acr = 'stronger' where id = ?`, [id]);
    return thrownBy(async () => server.guestlist.redeem(await visitTo(server.database, token), await asNewAccount()));
  },
  group_full: async () => {
    await server.guestlist.addGroup({ slug: 'small', name: 'Small', capacity: 1 });
    const { token } = await server.guestlist.invite({ groups: ['small'], maxUses: 5 });
    await join(createBrowser(server.issuer), (await server.guestlist.invite({ groups: ['small'] })).url, { email: 'in-small@example.org' });
    return thrownBy(async () => server.guestlist.redeem(await visitTo(server.database, token), await asNewAccount()));
  },
  removed_from_group: async () => {
    const { browser: member, accountId } = await someMember();
    await server.guestlist.withdraw(accountId, { groups: ['choir'] }, 'operator');
    const { url } = await server.guestlist.invite({ groups: ['choir'], maxUses: 5 });
    return seenOn(await member.submit(await member.open(url), 'join'));
  },
  ...deciding(() => ({ server, someMember })),
  ...calling(() => ({ server, someMember })),
  registration_closed: async () => {
    const closed = await startTestServer({ registration: 'nobody' });
    try {
      await closed.addGroup('choir');
      const { url } = await closed.guestlist.invite({ groups: ['choir'] });
      return seenOn(await openAsNewcomer(createBrowser(closed.issuer), url));
    } finally {
      await closed.close();
    }
  },
  invitation_required: async () => seenOn(await browser.open((await app.begin({ prompt: 'create' })).url)),
  account_disabled: async () => {
    const { email } = await someMember();
    await server.database.raw(
      'update guestlist.account set disabled_at = now() where id = (select account_id from guestlist.account_email where email = ?)',
      [email],
    );
    return seenOn(await signIn(browser, await browser.open((await app.begin()).url), { email }));
  },
  review_changed: async () => {
    const { browser: member } = await someMember();
    const { token } = await server.guestlist.invite({ groups: ['choir'], rights: [], maxUses: 2 });
    const question = await member.open((await app.push({ invite: token })).url);
    return seenOn(await member.post(question.$('form').first().attr('action') ?? '', { form_token: 'of another page' }));
  },
  interaction_expired: async () => seenOn(await browser.open('/interaction/long-gone')),
  authorization_request_invalid: async () => seenOn(await browser.open('/auth?client_id=nobody&response_type=code&scope=openid')),
  foreign_origin: async () => seenOn(await browser.post('/invite/code', { code: 'x' }, { 'sec-fetch-site': 'cross-site' })),
  form_expired: async () => {
    const page = await browser.open((await app.begin()).url);
    return seenOn(await browser.submit(page, 'Sign in', { form_token: 'of another page', email: 'a@example.org', password: 'x' }));
  },
  form_invalid: async () => seenOn(await browser.post('/invite/code', {}, { 'content-type': 'text/plain' })),
  wrong_host: async () => seenOn(await browser.open('/', { host: 'elsewhere.example' })),
  page_not_found: async () => seenOn(await browser.open('/no/such/page')),
  body_too_large: async () => seenOn(await browser.post('/invite/code', { code: 'x'.repeat(70_000) })),
  too_many_requests: async () => {
    await Promise.all(Array.from({ length: 100 }, () => fetch(`${server.issuer}/invite/${mintToken(secureRandom)}`)));
    return seenOn(await browser.open(`/invite/${mintToken(secureRandom)}`));
  },
  too_busy: async () => {
    const { createPasswords } = await import('../../src/account/password.ts');
    const passwords = await createPasswords({ pepper: secureRandom(32), queueLength: 1 });
    return thrownBy(() => Promise.all(Array.from({ length: 20 }, async () => passwords.hash(goodPassword))));
  },
  database_unavailable: async () => {
    const own = await createTestDatabase();
    const failedOver = await startTestServer({ on: own });
    await failedOver.addGroup('choir');
    const { url } = await failedOver.guestlist.invite({ groups: ['choir'] });
    await own.database.raw(
      `do $$ begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$`,
    );
    await own.database.destroy();
    own.database.initialize();
    try {
      return seenOn(await createBrowser(failedOver.issuer).open(url));
    } finally {
      await failedOver.close();
      await own.drop();
    }
  },
  places_below_used: async () => {
    const { url, id } = await server.guestlist.invite({ groups: ['choir'], maxUses: 3 });
    for (const email of ['below-one@example.org', 'below-two@example.org']) await join(createBrowser(server.issuer), url, { email });
    return thrownBy(() => server.guestlist.change(id, { maxUses: 1 }, 'operator'));
  },
  campaign_not_found: () => thrownBy(() => server.guestlist.campaigns.report('no-such-campaign')),
  campaign_row_not_found: () =>
    thrownBy(async () => {
      const { id } = await server.guestlist.campaigns.create({ name: 'Cards', wish: { groups: ['choir'] }, rows: { cards: 1 } });
      await server.guestlist.campaigns.nameCard(id, 2, 'Ada');
    }),
  group_not_found: () => thrownBy(() => server.guestlist.invite({ groups: ['no-such-group'] })),
  group_exists: () => thrownBy(() => addGroup(server.database, { slug: 'choir', name: 'Again', description: '', rights: [] }, tools())),
  group_cycle: () => thrownBy(() => server.guestlist.changeGroup('choir', { parent: 'choir' })),
  group_too_deep: async () => {
    const slugs = Array.from({ length: 9 }, (_, index) => `level-${index}`);
    return thrownBy(async () => {
      for (const [index, slug] of slugs.entries())
        await server.guestlist.addGroup({ slug, name: slug, ...(index === 0 ? {} : { parent: slugs[index - 1]! }) });
    });
  },
  right_not_found: () => thrownBy(() => server.guestlist.invite({ rights: ['no:such:right'] })),
  right_exists: async () => {
    await addRight(server.database, { name: 'twice:made', description: '' }, tools());
    return thrownBy(() => addRight(server.database, { name: 'twice:made', description: '' }, tools()));
  },
  client_not_found: () => thrownBy(() => server.guestlist.invite({ groups: ['choir'], landingClientId: 'no-such-app' })),
  client_invalid: () => thrownBy(() => server.addClient({ id: 'crooked', redirectUris: ['/no-address'] })),
  client_exists: () => thrownBy(() => server.addClient({ id: 'app', redirectUris: ['https://app.example.org/'] })),
  account_not_found: async () => {
    const { exitCode, stderr } = await runCommand(['account', 'show', 'nobody@example.org'], {
      DATABASE_URL: databaseUrlOf(server.connection),
      GUESTLIST_SECRET: testSecret,
    });
    expect(exitCode).toBe(1);
    return { status: errors.account_not_found.status, code: /There is no account/.test(stderr) ? 'account_not_found' : stderr };
  },
  last_admin: async () => {
    const { email, browser: member, accountId } = await someMember();
    await server.guestlist.addRight({ name: 'guestlist:admin' });
    await server.guestlist.grant(accountId, { rights: ['guestlist:admin'] });
    const page = await member.open('/me/delete');
    return seenOn(await member.submit(page, 'Delete my account for good', { email, current: goodPassword }));
  },
  email_taken: async () => {
    const { email } = await someMember();
    const page = await register(browser, await openAsNewcomer(browser, (await server.guestlist.invite({ groups: ['choir'] })).url), {
      email,
    });
    return { status: page.status, code: page.$('[aria-invalid="true"]').attr('name') === 'email' ? 'email_taken' : undefined };
  },
  server_error: async () => {
    const broken = await startTestServer();
    await broken.database.raw('drop table guestlist.invitation_token cascade');
    try {
      return seenOn(await createBrowser(broken.issuer).open(`/invite/${mintToken(secureRandom)}`));
    } finally {
      await broken.close();
    }
  },
};

test.each(Object.entries(provoke))('%s', async (code, seen) => {
  expect(await seen()).toEqual({ status: errors[code as FailureCode].status, code });
});

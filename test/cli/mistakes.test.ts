/** Mistakes in the call end with 2 and name what is wrong; refusals end with 1 and one sentence. Neither changes anything. */
import pLimit from 'p-limit';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { addClient } from '../../src/client/manage.ts';
import { addGroup, addRight } from '../../src/group/manage.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { createSeal } from '../../src/lib/seal.ts';
import { loadKeys } from '../../src/oidc/keys.ts';
import { type CommandEnd, databaseUrlOf, runCommand } from '../support/command.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { cleanUp, freePort, launchServer } from '../support/process.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const secret = 'the secret of these tests, long enough';
let testDatabase: TestDatabase;
let environment: Record<string, string>;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  environment = { DATABASE_URL: databaseUrlOf(testDatabase.connection), GUESTLIST_SECRET: secret };
  const { database } = testDatabase;
  const seal = createSeal(secret, secureRandom);
  const tools = { clock: systemClock, random: secureRandom, seal };
  await loadKeys({ database, ...tools });
  await addGroup(database, { slug: 'choir', name: 'Choir', description: '', rights: [] }, tools);
  await addRight(database, { name: 'plan:read', description: '' }, tools);
  await addClient(
    database,
    { id: 'wiki', redirectUris: ['https://wiki.example.org/'] },
    { ...tools, actor: 'operator', complaintAbout: () => undefined },
  );
});
afterAll(async () => {
  await cleanUp();
  await testDatabase?.drop();
});

async function countEverything(): Promise<unknown> {
  const { rows } = await testDatabase.database.raw(`
    select (select count(*) from guestlist."group") groups, (select count(*) from guestlist."right") rights,
      (select count(*) from guestlist.client) clients, (select count(*) from guestlist.invitation) invitations,
      (select count(*) from guestlist.invitation_template) templates, (select count(*) from guestlist.mail) mails,
      (select count(*) from guestlist.audit_event) audit`);
  return rows[0];
}

/** Two at a time: each is a process. */
const limit = pLimit(2);

async function runAll(calls: readonly string[]): Promise<Record<string, CommandEnd>> {
  const ends = await runEach(calls.map(words));
  return Object.fromEntries(calls.map((call, index) => [call, ends[index]!]));
}

async function runEach(calls: readonly (readonly string[])[]): Promise<CommandEnd[]> {
  const before = await countEverything();
  const ends = await Promise.all(calls.map((args) => limit(() => runCommand(args, environment))));
  expect(await countEverything()).toEqual(before);
  return ends;
}

/** A stroke stands for an empty word. */
function words(call: string): string[] {
  return call.split(' ').map((word) => (word === '|' ? '' : word));
}

const mistakes: Readonly<Record<string, RegExp>> = {
  dance: /unknown command 'dance'/,
  'group dance': /unknown command 'dance'/,
  'invite --group choir --forever': /unknown option '--forever'/,
  'start --port 80': /unknown option '--port'/,
  'group add choir2': /required option '--name <name>' not specified/,
  'group add Choir --name Choir': /'slug'.*lower-case/,
  'group add choir2 --name |': /'--name' must not be empty/,
  'group add choir2 --name Choir --capacity 0': /'--capacity <n>'.*1 to 1000000/,
  'group change choir': /'--capacity', '--sensitive', '--not-sensitive' or '--parent'/,
  'group change choir --sensitive --not-sensitive': /'--not-sensitive' cannot be used with option '--sensitive'/,
  'group add choir2 --name Choir --right PLAN': /'--right <right>'.*wiki:edit/,
  'right add': /missing required argument 'name'/,
  'right add UPPER': /'name'.*wiki:edit/,
  'client add wiki2': /required option '--redirect-uri <uri>' not specified/,
  'client add wiki2 --redirect-uri /cb': /'--redirect-uri <uri>'.*absolute address/,
  'client add wiki2 --redirect-uri https://a.example/#x': /'--redirect-uri <uri>'.*without #/,
  'client add wiki2 --redirect-uri https://a.example/ --backchannel-logout-uri ftp://a.example/':
    /'--backchannel-logout-uri <uri or none>'.*https/,
  'client add wiki2 --redirect-uri https://a.example/ --scope "': /'--scope <scopes>'/,
  'client add wiki2 --redirect-uri https://a.example/ --scope wiki': /--scope has wiki, which means nothing here/,
  invite: /'--group <slug\[:role\]>', '--right <right>' or '--template <name>'/,
  'invite --group Choir:X': /'--group <slug\[:role\]>'.*choir:manager/,
  'invite --group choir --max-uses 0': /'--max-uses <n>'.*1 to 1000000/,
  'invite --group choir --max-uses -1': /'--max-uses <n>'/,
  'invite --group choir --max-uses 1000000000000': /'--max-uses <n>'.*1 to 1000000/,
  'invite --group choir --max-uses 1e3': /'--max-uses <n>'/,
  'invite --group choir --starts 2020-01-01': /'--starts <12h\|date>'.*in the future/,
  'invite --group choir --starts 8d': /'--starts' must be before '--expires'/,
  'invite --group choir --grant-expires 99999w': /'--grant-expires <90d\|date>'.*100 years/,
  'invite --group choir --grant-expires 2034-01-01 --expires 2035-01-01': /'--grant-expires' must be after '--expires'/,
  'invite --group choir --email-rule loose --email a@b.example': /'--email-rule <rule>'.*exact, verify, any/,
  'invite --group choir --email-rule any': /'--email-rule' needs '--email'/,
  'invite --group choir --channel pigeon': /'--channel <mail\|link>'.*mail or link/,
  'invite --group choir --channel mail': /'--channel' needs '--email' to go by mail/,
  'invite --group choir --domain evil': /'--domain' must be a domain such as example\.org/,
  'invite --group choir --locale tlh': /'--locale' must be one of .*\ben\b/,
  'invite --group choir --acr gold': /'--acr' must be one of .*urn:guestlist:acr:pwd/,
  'invite --group choir --expires yesterday': /'--expires <7d\|date>'.*7d or 12h/,
  'invite --group choir --expires 2020-01-01': /'--expires <7d\|date>'.*in the future/,
  'invite --group choir --expires 0d': /'--expires <7d\|date>'/,
  'invite --group choir --expires 2099-02-31': /'--expires <7d\|date>'/,
  'invitation list --limit -1': /'--limit <n>'/,
  'invitation show': /missing required argument 'id'/,
  'invitation change an-id': /'--expires', '--starts', '--max-uses', '--pin' or '--no-pin'/,
  'invitation extend an-id 2020-01-01': /'7d\|date'.*in the future/,
  'template add Tenors --group choir': /'name'.*lower-case/,
  'template add tenors --group choir --lifetime 99999w': /'--lifetime <7d>'.*9 years or less/,
  'template add tenors --group choir --pin 1234': /too many arguments/,
  'template add tenors --group choir --expires 7d': /unknown option '--expires'/,
  'grant ada@example.org': /'--group <slug\[:role\]>' or '--right <right>'/,
  'withdraw ada@example.org --right WIKI': /'--right <right>'.*wiki:edit/,
};

it('a mistake in the call ends with 2, names the option, and changes nothing', async () => {
  const ends = await runAll(Object.keys(mistakes));
  for (const [call, { exitCode, stdout, stderr }] of Object.entries(ends)) {
    expect({ call, exitCode, stdout }).toEqual({ call, exitCode: 2, stdout: '' });
    expect(stderr, call).toMatch(/^error: .*\n$/);
    expect(stderr, call).toMatch(mistakes[call]!);
  }
});

const fullwidth = 'ada@\uFF45xample.org';
/** What nobody types by accident: what is wrong, the option, and how it is told. */
const hostile: readonly (readonly [option: string, text: string, complaint: RegExp])[] = [
  ['--label', 'a'.repeat(10_240), /'--label' must have 200 characters or fewer/],
  ['--label', 'choir\u001B[2J', /'--label' must have no control characters/],
  ['--inviter-name', 'Eve\r\nBcc: all@example.org', /'--inviter-name' must have no control characters/],
  ['--inviter-name', 'Eve \u202Egro.elpmaxe', /'--inviter-name' must have no control characters/],
  ['--message', 'a'.repeat(10_240), /'--message' must have 500 characters or fewer/],
  ['--email', 'a@b.example, c@d.example', /'--email' must be one e-mail address/],
  ['--email', 'ada@example.org\r\nBcc: all@example.org', /'--email' must have no control characters/],
  ['--email', fullwidth, /'--email' must be one e-mail address/],
  ['--email', `${'a'.repeat(300)}@example.org`, /'--email' is too long/],
  ['--pin', '123456', /'--pin' must not be a run/],
  ['--pin', 'éé!!', /'--pin' must have 4 to 12 letters or digits/],
  ['--domain', 'example.org\nevil.example', /'--domain' must have no control characters/],
  ['--max-uses', '1\u001B[2J', /'--max-uses <n>'.*\\u\{1b\}\[2J/],
  ['--app', 'a'.repeat(10_240), /'--app' must have 200 characters or fewer/],
];

it('bad input ends with 2 and names its option; it does not reach the terminal as it is, and nothing is stored', async () => {
  const ends = await runEach(hostile.map(([option, text]) => ['invite', '--group', 'choir', option, text]));
  for (const [index, [option, text, complaint]] of hostile.entries()) {
    const { exitCode, stdout, stderr } = ends[index]!;
    const call = `${option} ${JSON.stringify(text.slice(0, 40))}`;
    expect({ call, exitCode, stdout }).toEqual({ call, exitCode: 2, stdout: '' });
    expect(stderr, call).toMatch(complaint);
    expect(stderr, call).toMatch(/^\P{Cc}{1,500}\n$/u);
    if (option === '--pin') expect(stderr, call).not.toContain(text);
  }
});

const noGroup =
  'There is no group nobody, or it is archived. Make it with: guestlist group add nobody --name <name>; ' +
  'bring it back with: guestlist group restore nobody';

const refusals: Readonly<Record<string, string>> = {
  'group add choir --name Choir': 'There is a group choir already.',
  'right add plan:read': 'There is a right plan:read already.',
  'client add wiki --redirect-uri https://a.example/': 'There is an app wiki already.',
  'group change nobody --sensitive': noGroup,
  'group archive nobody': noGroup,
  'invite --group nobody': noGroup,
  'invite --template nothing': 'There is no template nothing. Make it with: guestlist template add nothing',
  'invite --group choir --by nobody@example.org': 'There is no account with the address nobody@example.org.',
  'invite --group choir --right no:such': 'There is no right no:such. Make it with: guestlist right add no:such',
  'invite --group choir --app nothing': 'There is no app nothing, or it has no address where it starts a sign-in (--initiate-login-uri).',
  'invitation show 0198c0de-0000-7000-8000-000000000000': 'There is no invitation with this id.',
  'invitation revoke nonsense': 'There is no invitation with this id.',
  'invitation change nonsense --no-pin': 'There is no invitation with this id.',
  'invitation extend nonsense 7d': 'There is no invitation with this id.',
  'invitation resend nonsense': 'There is no invitation with this id.',
  'invitation confirm nonsense': 'There is no invitation with this id.',
  'invitation undo nonsense --dry-run': 'There is no invitation with this id.',
  'invitation approve nonsense nobody@example.org': 'There is no account with the address nobody@example.org.',
  'account disable nobody@example.org': 'There is no account with the address nobody@example.org.',
  'grant nobody@example.org --group choir': 'There is no account with the address nobody@example.org.',
  'account show nobody@example.org': 'There is no account with the address nobody@example.org.',
  'account revoke-invitations nobody@example.org': 'There is no account with the address nobody@example.org.',
  'account show nonsense': 'There is no account with the address nonsense.',
};

it('a refusal ends with 1 and one sentence, and changes nothing', async () => {
  const ends = await runAll(Object.keys(refusals));
  for (const [call, sentence] of Object.entries(refusals)) {
    expect({ call, ...ends[call] }).toEqual({ call, exitCode: 1, stdout: '', stderr: `${sentence}\n` });
  }
});

it('wrong settings are all told at once, and end with 2', async () => {
  const wrong = {
    PORT: 'abc',
    ISSUER: 'https://id.example.org/',
    GUESTLIST_SECRET: 'short',
    DATABASE_URL: 'mysql://db/x',
    LOG_LEVEL: 'loud',
  };
  const [development, production, start] = await Promise.all([
    runCommand(['migrate'], wrong),
    runCommand(['start'], { NODE_ENV: 'production', ISSUER: 'http://id.example.org' }),
    runCommand(['start'], wrong),
  ]);
  expect(development).toEqual({
    exitCode: 2,
    stdout: '',
    stderr: [
      'The settings are not right:',
      '  PORT must be a number',
      '  ISSUER must not end with a slash',
      '  DATABASE_URL must start with postgres://',
      '  GUESTLIST_SECRET must have 32 characters or more',
      '  LOG_LEVEL must be debug, info, warn, error or silent',
      '',
    ].join('\n'),
  });
  expect(start).toEqual(development);
  expect(production).toEqual({
    exitCode: 2,
    stdout: '',
    stderr:
      'The settings are not right:\n  ISSUER must be an https:// address in production\n' +
      '  GUESTLIST_SECRET is needed in production: 32 random characters or more\n' +
      '  SMTP_URL is needed in production: smtp://user:password@host:587, or smtps://…\n' +
      '  MAIL_FROM is needed to send mail: the address that it comes from\n',
  });
});

it('another secret than the one this database knows is told in one sentence, before anything is sealed with it', async () => {
  const wrong = { ...environment, PORT: String(await freePort()), GUESTLIST_SECRET: 'another secret, which is long enough' };
  const before = await countEverything();
  const ends = [
    await launchServer(wrong).ended,
    await runCommand(['client', 'add', 'wiki2', '--redirect-uri', 'https://wiki2.example.org/'], wrong),
  ];
  for (const { exitCode, stdout, stderr } of ends) {
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/^GUESTLIST_SECRET is not the secret that .*\n$/);
  }
  expect(await countEverything()).toEqual(before);
});

it('a database that cannot be used is told in one sentence, without its password', async () => {
  const port = await freePort();
  const { host, database } = testDatabase.connection as { host: string; database: string };
  const gone = `postgres://guestlist@localhost/${database}_gone?host=${encodeURIComponent(host)}`;
  const ends = await Promise.all([
    runCommand(['group', 'list'], { DATABASE_URL: `postgres://u:hunter2@127.0.0.1:${port}/x` }),
    ...(typeof testDatabase.connection === 'string' ? [] : [runCommand(['group', 'list'], { DATABASE_URL: gone })]),
  ]);
  for (const { exitCode, stdout, stderr } of ends) {
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/^The database cannot be used: .+\n$/);
    expect(stderr).not.toContain('hunter2');
  }
});

it('a data folder that cannot be one is told in one sentence', async () => {
  // Below a file there is no folder.
  const DATA_DIR = `${process.execPath}/data`;
  const [command, start] = await Promise.all([runCommand(['group', 'list'], { DATA_DIR }), runCommand(['start'], { DATA_DIR })]);
  for (const { exitCode, stdout, stderr } of [command, start]) {
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/^The data folder .* cannot be used by this user\. .*\n$/);
  }
});

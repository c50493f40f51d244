/** `guestlist account list|show|disable|enable`; what is about inviting and erasing is in `account-inviting.ts`. */
import type { Command } from 'commander';
import { each, type Output } from '../admin/http-client.ts';
import { addInvitingOf } from './account-inviting.ts';
import { firstOf, withCalls } from './calls.ts';
import { ending, examples, type OutputOptions, print } from './command.ts';
import { wholeNumber } from './option.ts';
import { withoutNulls } from './wish.ts';

export function addAccountCommand(program: Command): void {
  const account = program.command('account').description('people who have an account');
  account
    .command('list')
    .description('show the newest accounts')
    .option('--limit <n>', 'how many', (text) => wholeNumber(text, { from: 1, to: 10_000 }), 100)
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('account list', 'account list --limit 10 --json'))
    .action(ending(list));
  account
    .command('show')
    .description('show one, and what apps learn')
    .argument('<email>')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('account show ada@example.org'))
    .action(ending(show));
  account
    .command('disable')
    .description('let somebody in nowhere any more; what they have stays theirs')
    .argument('<email>')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('account disable ada@example.org'))
    .action(ending((email: string, options: OutputOptions) => setDisabled(email, true, options)));
  account
    .command('enable')
    .description('take back that an account is disabled')
    .argument('<email>')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('account enable ada@example.org'))
    .action(ending((email: string, options: OutputOptions) => setDisabled(email, false, options)));
  addInvitingOf(account);
}

async function list({ limit, ...output }: OutputOptions & { readonly limit: number }): Promise<void> {
  await withCalls(async ({ api }) => {
    const pages = each((query) => api.listAccounts({ query: { ...query, limit: Math.min(limit, 200) } }));
    const accounts = await firstOf(pages, limit);
    const lines = accounts.map(({ id, email, name, disabledAt }) => `${id}  ${email}  ${name}${disabledAt ? '  (disabled)' : ''}`);
    print(output, { value: accounts.map(withoutNulls), lines: lines.length > 0 ? lines : ['There is no account yet.'] });
  });
}

type Account = Output<'getAccount'>;

async function show(address: string, options: OutputOptions): Promise<void> {
  await withCalls(async ({ api, accountIdOf }) => {
    const shown = await api.getAccount({ params: { accountId: await accountIdOf(address) } });
    const { id, name, email, emailVerified, otherEmails, disabledAt, cameBy, ...rest } = shown;
    const { groups, roles, entitlements } = rest;
    const lines = [
      `${name} <${email}>  ${id}`,
      ...(disabledAt === null ? [] : [`  disabled since ${disabledAt}`]),
      ...[{ email, verified: emailVerified }, ...otherEmails].map((one) => `  ${one.email}: ${one.verified ? 'verified' : 'not verified'}`),
      ...(cameBy === null ? [] : [`  came by invitation ${cameBy.invitationId}${cameFrom(cameBy)}`]),
      ...Object.entries({ groups, roles, entitlements }).map(([claim, values]) => `  ${claim}: ${values.join(' ') || '–'}`),
    ];
    const { cameBy: beginning, ...facts } = shown;
    print(options, { value: withoutNulls({ ...facts, beginning }), lines });
  });
}

type Beginning = NonNullable<Account['cameBy']>;

function cameFrom({ askedAt, source, arrival }: Beginning): string {
  const found = Object.entries(arrival ?? {}).map((pair) => pair.join('='));
  return `${askedFor({ askedAt, source })}${found.length > 0 ? `, by ${found.join(' ')}` : ''}`;
}

function askedFor({ askedAt, source }: Pick<Beginning, 'askedAt' | 'source'>): string {
  return askedAt === null ? '' : `, asked for on ${askedAt.slice(0, 10)}${source === null ? '' : ` by way of ${source}`}`;
}

async function setDisabled(email: string, wanted: boolean, options: OutputOptions): Promise<void> {
  await withCalls(async ({ api, accountIdOf }) => {
    const params = { accountId: await accountIdOf(email) };
    const { disabledAt } = await api.getAccount({ params });
    const isNew = (disabledAt !== null) !== wanted;
    if (isNew) await (wanted ? api.disableAccount({ params }) : api.enableAccount({ params }));
    const [line, name] = wanted
      ? [isNew ? `${email} is let in nowhere any more.` : 'It was disabled before.', 'disabled']
      : [isNew ? `${email} can sign in again.` : 'It was not disabled.', 'enabled'];
    print(options, { value: { email, [name]: isNew }, lines: [line] });
  });
}

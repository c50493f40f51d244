/** `guestlist account list|show|disable|enable`; what is about inviting and erasing is in `account-inviting.ts`. */
import type { Command } from 'commander';
import type { Account } from '../account/account.ts';
import { accountWith, disableAccount, enableAccount } from '../account/manage.ts';
import { type Beginning, findBeginning, listAccounts } from '../account/store.ts';
import { findClaimFacts } from '../group/membership-store.ts';
import { addInvitingOf } from './account-inviting.ts';
import { ending, type OutputOptions, print, withDatabase } from './command.ts';
import { wholeNumber } from './option.ts';

export function addAccountCommand(program: Command): void {
  const account = program.command('account').description('people who have an account');
  account
    .command('list')
    .description('show the newest accounts')
    .option('--limit <n>', 'how many', (text) => wholeNumber(text, { from: 1, to: 10_000 }), 100)
    .option('--json', 'answer in JSON')
    .action(ending(list));
  account
    .command('show')
    .description('show one, and what apps learn')
    .argument('<email>')
    .option('--json', 'answer in JSON')
    .action(ending(show));
  account
    .command('disable')
    .description('let somebody in nowhere any more; what they have stays theirs')
    .argument('<email>')
    .option('--json', 'answer in JSON')
    .action(ending(disable));
  account
    .command('enable')
    .description('take back that an account is disabled')
    .argument('<email>')
    .option('--json', 'answer in JSON')
    .action(ending(enable));
  addInvitingOf(account);
}

function describe({ id, name, email, emailVerifiedAt, otherEmails, createdAt, disabledAt }: Account) {
  return { id, name, email, emailVerified: emailVerifiedAt !== undefined, otherEmails, createdAt, disabledAt };
}

async function list({ limit, ...output }: OutputOptions & { readonly limit: number }): Promise<void> {
  await withDatabase(async ({ database }) => {
    const accounts = (await listAccounts(database, limit)).map(describe);
    const lines = accounts.map(({ id, email, name, disabledAt }) => `${id}  ${email}  ${name}${disabledAt ? '  (disabled)' : ''}`);
    print(output, { value: accounts, lines: lines.length > 0 ? lines : ['There is no account yet.'] });
  });
}

async function show(email: string, options: OutputOptions): Promise<void> {
  await withDatabase(async ({ database, clock }) => {
    const account = await accountWith(database, email);
    const claims = await findClaimFacts(database, account.id, clock());
    const beginning = await findBeginning(database, account.id);
    const addresses = [{ email: account.email, verified: account.emailVerifiedAt !== undefined }, ...account.otherEmails];
    const lines = [
      `${account.name} <${account.email}>  ${account.id}`,
      ...(account.disabledAt ? [`  disabled since ${account.disabledAt.toISOString()}`] : []),
      ...addresses.map(({ email: one, verified }) => `  ${one}: ${verified ? 'verified' : 'not verified'}`),
      ...(beginning ? [`  came by invitation ${beginning.invitationId}${cameFrom(beginning)}`] : []),
      ...Object.entries(claims).map(([name, values]) => `  ${name}: ${values.join(' ') || '–'}`),
    ];
    print(options, { value: { ...describe(account), ...claims, beginning }, lines });
  });
}

function cameFrom({ askedAt, source, arrival }: Beginning): string {
  const found =
    arrival === null
      ? ''
      : `, by ${Object.entries(arrival)
          .map((pair) => pair.join('='))
          .join(' ')}`;
  return `${askedFor({ askedAt, source })}${found}`;
}

function askedFor({ askedAt, source }: Pick<Beginning, 'askedAt' | 'source'>): string {
  return askedAt === null ? '' : `, asked for on ${askedAt.toISOString().slice(0, 10)}${source === null ? '' : ` by way of ${source}`}`;
}

async function disable(email: string, options: OutputOptions): Promise<void> {
  await withDatabase(async ({ database, clock, random }) => {
    const disabled = await disableAccount(database, email, { clock, random, actor: 'operator' });
    const line = disabled ? `${email} is let in nowhere any more.` : 'It was disabled before.';
    print(options, { value: { email, disabled }, lines: [line] });
  });
}

async function enable(email: string, options: OutputOptions): Promise<void> {
  await withDatabase(async ({ database, clock, random }) => {
    const enabled = await enableAccount(database, email, { clock, random, actor: 'operator' });
    print(options, { value: { email, enabled }, lines: [enabled ? `${email} can sign in again.` : 'It was not disabled.'] });
  });
}

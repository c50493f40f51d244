/** `guestlist account list|show` */
import type { Command } from 'commander';
import type { Account } from '../account/account.ts';
import { emailKey, emailSchema } from '../account/email.ts';
import { findAccountByEmail, listAccounts } from '../account/store.ts';
import { Failure } from '../errors.ts';
import { findClaimFacts } from '../group/store.ts';
import { ending, type OutputOptions, print, wholeNumber, withDatabase } from './command.ts';

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
}

function describe({ id, name, email, emailVerifiedAt, createdAt, disabledAt }: Account) {
  return { id, name, email, emailVerified: emailVerifiedAt !== undefined, createdAt, disabledAt };
}

async function list({ limit, ...output }: OutputOptions & { readonly limit: number }): Promise<void> {
  await withDatabase(async ({ database }) => {
    const accounts = (await listAccounts(database, limit)).map(describe);
    const lines = accounts.map(({ id, email, name }) => `${id}  ${email}  ${name}`);
    print(output, { value: accounts, lines: lines.length > 0 ? lines : ['There is no account yet.'] });
  });
}

async function show(email: string, options: OutputOptions): Promise<void> {
  await withDatabase(async ({ database, clock }) => {
    const parsed = emailSchema.safeParse(email);
    const account = parsed.success ? await findAccountByEmail(database, emailKey(parsed.data)) : undefined;
    if (!account) throw new Failure('account_not_found', { email });
    const claims = await findClaimFacts(database, account.id, clock());
    const lines = [
      `${account.name} <${account.email}>  ${account.id}`,
      ...Object.entries(claims).map(([name, values]) => `  ${name}: ${values.join(' ') || '–'}`),
    ];
    print(options, { value: { ...describe(account), ...claims }, lines });
  });
}

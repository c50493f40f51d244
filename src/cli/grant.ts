/** `guestlist grant` and `guestlist withdraw`: groups and rights without an invitation. */
import type { Command } from 'commander';
import type { GrantEnd } from '../group/group.ts';
import { accountWith } from '../account/manage.ts';
import { ending, type OutputOptions, print } from './command.ts';
import { withGuestlist } from './guestlist.ts';
import { lengthOrDate } from './option.ts';
import { addGrantOptions, defined, type GrantOptions } from './wish.ts';

type Options = OutputOptions & GrantOptions & { readonly grantExpires?: GrantEnd };

export function addGrantCommand(program: Command): void {
  const command = program.command('grant').description('give somebody groups or rights, without an invitation').argument('<email>');
  addGrantOptions(command)
    .option('--grant-expires <90d|date>', 'when it ends again: so long from now, or on a day', lengthOrDate)
    .option('--json', 'answer in JSON')
    .action(ending(grant));
}

export function addWithdrawCommand(program: Command): void {
  const command = program.command('withdraw').description('take groups or rights away; a slug without a role means all roles');
  addGrantOptions(command.argument('<email>')).option('--json', 'answer in JSON').action(ending(withdraw));
}

async function grant(email: string, options: Options, command: Command): Promise<void> {
  refuseNothing(options, command);
  const { group, right, grantExpires, ...output } = options;
  await withGuestlist(async ({ guestlist, database }) => {
    const account = await accountWith(database, email);
    const granted = await guestlist.grant(account.id, defined({ groups: group, rights: right, ends: grantExpires }));
    const line = granted.length > 0 ? `${account.email} has now: ${granted.join(' ')}` : `${account.email} had all of it before.`;
    print(output, { value: { accountId: account.id, email: account.email, granted }, lines: [line] });
  });
}

async function withdraw(email: string, options: Options, command: Command): Promise<void> {
  refuseNothing(options, command);
  const { group, right, ...output } = options;
  await withGuestlist(async ({ guestlist, database }) => {
    const account = await accountWith(database, email);
    const withdrawn = await guestlist.withdraw(account.id, defined({ groups: group, rights: right }));
    const line = withdrawn.length > 0 ? `${account.email} has no more: ${withdrawn.join(' ')}` : `${account.email} had nothing of it.`;
    print(output, { value: { accountId: account.id, email: account.email, withdrawn }, lines: [line] });
  });
}

function refuseNothing({ group, right }: GrantOptions, command: Command): void {
  if (!group && !right) command.error("error: say what with '--group <slug[:role]>' or '--right <right>'");
}

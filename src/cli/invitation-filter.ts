/** The options that narrow a list of invitations, and the file that they are exported to. */
import { type Command, Option } from 'commander';
import type { Input } from '../admin/http-client.ts';
import type { Calls } from './calls.ts';
import { instantOption } from './option.ts';
import { defined } from './wish.ts';

type Filter = NonNullable<Input<'listInvitations'>['query']>;

export type FilterOptions = {
  readonly state?: NonNullable<Filter['state']>;
  readonly group?: string;
  readonly inviter?: string;
  readonly campaign?: string;
  readonly email?: string;
  readonly label?: string;
  readonly createdAfter?: Date;
  readonly createdBefore?: Date;
};

const states = ['not_started', 'open', 'expired', 'revoked', 'suspended', 'used_up'] as const satisfies readonly Filter['state'][];

export function addFilterOptions(command: Command): Command {
  return command
    .addOption(new Option('--state <state>', 'only those that are so').choices([...states]))
    .option('--group <slug>', 'only those that give a place in it')
    .option('--inviter <email|operator>', 'only those of this account, or of the operator')
    .option('--campaign <id>', 'only those of this campaign')
    .option('--email <text>', 'only to addresses that begin like this')
    .option('--label <text>', 'only those whose label begins like this')
    .option('--created-after <date>', 'only from this day or moment on', instantOption)
    .option('--created-before <date>', 'only up to this day or moment', instantOption);
}

export async function filterOf(
  { inviter, createdAfter, createdBefore, state, group, campaign, email, label }: FilterOptions,
  { accountIdOf }: Calls,
) {
  return defined({
    state,
    group,
    campaign,
    email,
    label,
    inviter: inviter === undefined || inviter === 'operator' ? inviter : await accountIdOf(inviter),
    createdAfter: createdAfter?.toISOString(),
    createdBefore: createdBefore?.toISOString(),
  });
}

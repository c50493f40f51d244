/** `guestlist grant` and `guestlist withdraw`: groups and rights without an invitation, each by a call of its own. */
import type { Command } from 'commander';
import type { Client } from '../admin/http-client.ts';
import { Failure, type FailureCode } from '../errors.ts';
import type { GrantEnd } from '../group/group.ts';
import { addSeconds, systemClock } from '../lib/clock.ts';
import { withCalls } from './calls.ts';
import { ending, examples, type OutputOptions, print } from './command.ts';
import { lengthOrDate } from './option.ts';
import { addGrantOptions, defined, type GrantOptions } from './wish.ts';

type Options = OutputOptions & GrantOptions & { readonly grantExpires?: GrantEnd };

export function addGrantCommand(program: Command): void {
  const command = program.command('grant').description('give somebody groups or rights, without an invitation').argument('<email>');
  addGrantOptions(command)
    .option('--grant-expires <90d|date>', 'when it ends again: so long from now, or on a day', lengthOrDate)
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('grant ada@example.org --group choir:manager --right wiki:edit --grant-expires 90d'))
    .action(ending(grant));
}

export function addWithdrawCommand(program: Command): void {
  const command = program.command('withdraw').description('take groups or rights away; a slug without a role means all roles');
  addGrantOptions(command.argument('<email>'))
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('withdraw ada@example.org --group choir', 'withdraw ada@example.org --group choir:manager'))
    .action(ending(withdraw));
}

async function grant(address: string, options: Options, command: Command): Promise<void> {
  refuseNothing(options, command);
  const { grantExpires, json = false } = options;
  const until = grantExpires === undefined ? {} : { endsAt: endOf(grantExpires).toISOString() };
  await withCalls(async ({ api, accountIdOf }) => {
    const { id: accountId, email } = await api.getAccount({ params: { accountId: await accountIdOf(address) } });
    const granted = await eachOf(options, {
      group: async ({ slug, role }) =>
        (await api.addMember({ params: { slug }, body: { accountId, ...defined({ role }), ...until } })).added,
      right: async (right) => (await api.giveRight({ params: { accountId, right }, body: until })).added,
    });
    const line = granted.length > 0 ? `${email} has now: ${granted.join(' ')}` : `${email} had all of it before.`;
    print({ json }, { value: { accountId, email, granted }, lines: [line] });
  });
}

function endOf(end: GrantEnd): Date {
  return 'at' in end ? end.at : addSeconds(systemClock(), end.afterSeconds);
}

async function withdraw(address: string, options: Options, command: Command): Promise<void> {
  refuseNothing(options, command);
  const { json = false } = options;
  await withCalls(async ({ api, accountIdOf }) => {
    const { id: accountId, email } = await api.getAccount({ params: { accountId: await accountIdOf(address) } });
    const withdrawn = await eachOf(options, {
      group: ({ slug, role }) =>
        unless('account_not_found', async () => (await api.removeMember({ params: { slug, accountId }, query: { role } })).ended),
      right: (right) => takeRight(api, { accountId, right }),
    });
    const line = withdrawn.length > 0 ? `${email} has no more: ${withdrawn.join(' ')}` : `${email} had nothing of it.`;
    print({ json }, { value: { accountId, email, withdrawn }, lines: [line] });
  });
}

/** One that they do not have is not found, as one that there is not: only that is a mistake. */
async function takeRight(api: Client, params: { readonly accountId: string; readonly right: string }): Promise<readonly string[]> {
  const isKnown = (await api.listRights()).items.some(({ name }) => name === params.right);
  if (!isKnown) throw new Failure('right_not_found', { right: params.right });
  return unless('right_not_found', async () => {
    await api.takeRight({ params });
    return [params.right];
  });
}

async function unless(code: FailureCode, work: () => Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Failure && error.code === code) return [];
    throw error;
  }
}

type Deeds = {
  readonly group: (place: { readonly slug: string; readonly role: string | undefined }) => Promise<readonly string[]>;
  readonly right: (right: string) => Promise<readonly string[]>;
};

/** One after the other. What was done before one is refused stays done, and is told. */
async function eachOf({ group: groups = [], right: rights = [] }: GrantOptions, deeds: Deeds): Promise<string[]> {
  const done: string[] = [];
  try {
    for (const text of groups) {
      const [slug = '', role] = text.split(':');
      done.push(...(await deeds.group({ slug, role })));
    }
    for (const right of rights) done.push(...(await deeds.right(right)));
    return done;
  } catch (error) {
    if (done.length > 0) process.stderr.write(`This much is done: ${done.join(' ')}\n`);
    throw error;
  }
}

function refuseNothing({ group, right }: GrantOptions, command: Command): void {
  if (!group && !right) command.error("error: say what with '--group <slug[:role]>' or '--right <right>'");
}

/** `guestlist right add|list` */
import type { Command } from 'commander';
import { withCalls } from './calls.ts';
import { ending, examples, type OutputOptions, print } from './command.ts';
import { right } from './option.ts';

export function addRightCommand(program: Command): void {
  const command = program.command('right').description('rights that people can have');
  command
    .command('add')
    .description('make a right')
    .argument('<name>', 'such as wiki:edit', right)
    .option('--description <text>', 'what it lets people do', '')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples("right add wiki:edit --description 'Change any page of the wiki'"))
    .action(ending(add));
  command
    .command('list')
    .description('show all rights, with the groups that bring them')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('right list'))
    .action(ending(list));
}

async function add(name: string, { description, ...output }: OutputOptions & { readonly description: string }): Promise<void> {
  await withCalls(async ({ api }) => {
    const made = await api.createRight({ body: { name, description } });
    print(output, { value: made, lines: [`The right ${name} is there.`] });
  });
}

async function list(output: OutputOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    const { items } = await api.listRights();
    const lines = items.map(({ name, description, groups }) => `${name}  ${description}  ${groups.join(' ')}`.trimEnd());
    print(output, { value: items, lines: lines.length > 0 ? lines : ['There is no right yet.'] });
  });
}

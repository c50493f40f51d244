/** `guestlist right add|attach|detach|list` */
import type { Command } from 'commander';
import { slugPattern } from '../group/group.ts';
import { withCalls } from './calls.ts';
import { ending, examples, type OutputOptions, print } from './command.ts';
import { matching, right } from './option.ts';

const slug = matching(slugPattern, 'It must be the short name of a group, such as choir.');

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
    .command('attach')
    .description('let whoever is in a group, or in one beneath it, have a right as well')
    .argument('<name>', 'such as wiki:edit', right)
    .argument('<group>', 'its slug', slug)
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('right attach wiki:edit choir'))
    .action(ending(attach));
  command
    .command('detach')
    .description('let a group no longer bring a right; who has it by themselves, or by another group, keeps it')
    .argument('<name>', 'such as wiki:edit', right)
    .argument('<group>', 'its slug', slug)
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('right detach wiki:edit choir'))
    .action(ending(detach));
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

async function attach(name: string, group: string, output: OutputOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    const changed = await api.addGroupRight({ params: { slug: group, right: name } });
    print(output, { value: changed, lines: [`${group} brings: ${changed.rights.join(' ')}`] });
  });
}

async function detach(name: string, group: string, output: OutputOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    const changed = await api.removeGroupRight({ params: { slug: group, right: name } });
    print(output, { value: changed, lines: [`${group} brings: ${changed.rights.join(' ') || 'no right'}`] });
  });
}

async function list(output: OutputOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    const { items } = await api.listRights();
    const lines = items.map(({ name, description, groups }) => `${name}  ${description}  ${groups.join(' ')}`.trimEnd());
    print(output, { value: items, lines: lines.length > 0 ? lines : ['There is no right yet.'] });
  });
}

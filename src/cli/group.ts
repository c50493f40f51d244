/** `guestlist group add|list` */
import type { Command } from 'commander';
import { rightPattern, slugPattern } from '../group/group.ts';
import { addGroup } from '../group/manage.ts';
import { listGroups } from '../group/store.ts';
import { collect, ending, matching, type OutputOptions, print, withDatabase } from './command.ts';

const slug = matching(slugPattern, 'It must be lower-case letters, digits, dots, dashes or underscores, and start with a letter or digit.');
const right = matching(rightPattern, 'It must look like wiki:edit.');

export function addGroupCommand(program: Command): void {
  const group = program.command('group').description('groups that people can be in');
  group
    .command('add')
    .description('make a group')
    .argument('<slug>', 'its name for apps; for ever', slug)
    .requiredOption('--name <name>', 'its name for people', matching(/^.{1,100}$/u, 'It must have 1 to 100 characters.'))
    .option('--description <text>', 'what being in it lets people do', matching(/^.{0,500}$/u, 'It must have 500 characters or fewer.'), '')
    .option('--right <right>', 'what its members may do; may be repeated', collect(right))
    .option('--json', 'answer in JSON')
    .action(ending(add));
  group.command('list').description('show all groups').option('--json', 'answer in JSON').action(ending(list));
}

type AddOptions = OutputOptions & { readonly name: string; readonly description: string; readonly right?: readonly string[] };

async function add(slugText: string, { name, description, right: rights = [], ...output }: AddOptions): Promise<void> {
  await withDatabase(async ({ database, clock, random }) => {
    const group = { slug: slugText, name, description, rights };
    const { id } = await addGroup(database, group, { clock, random });
    print(output, { value: { id, ...group }, lines: [`The group ${slugText} is there.`] });
  });
}

async function list(options: OutputOptions): Promise<void> {
  await withDatabase(async ({ database, clock }) => {
    const groups = await listGroups(database, clock());
    const lines = groups.map((group) => `${group.slug}  ${group.name}  (${group.memberCount} in it)  ${group.rights.join(' ')}`.trimEnd());
    print(options, { value: groups, lines: lines.length > 0 ? lines : ['There is no group yet.'] });
  });
}

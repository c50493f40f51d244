/** `guestlist group add|change|archive|restore|policy|list` */
import { type Command, Option } from 'commander';
import { countedMembers, slugPattern } from '../group/group.ts';
import type { Input, Output } from '../admin/http-client.ts';
import { withCalls } from './calls.ts';
import { ending, examples, type OutputOptions, print } from './command.ts';
import { addPolicyCommand } from './group-policy.ts';
import { collect, matching, places, right } from './option.ts';
import { defined } from './wish.ts';

const slug = matching(slugPattern, 'It must be lower-case letters, digits, dots, dashes or underscores, and start with a letter or digit.');

export function addGroupCommand(program: Command): void {
  const group = program.command('group').description('groups that people can be in');
  group
    .command('add')
    .description('make a group')
    .argument('<slug>', 'its name for apps; for ever', slug)
    .requiredOption('--name <name>', 'its name for people')
    .option('--description <text>', 'what being in it lets people do', '')
    .option('--right <right>', 'what its members may do; may be repeated', collect(right))
    .option('--capacity <n>', 'most people in it; any number without it', places)
    .option('--sensitive', 'a second person confirms each invitation to it, and to the groups in it')
    .option('--parent <slug>', 'the group that it is in: its members may what that one’s may, and its managers manage it', slug)
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples("group add choir --name 'Kammerchor Nord' --right sheet-music:read --capacity 40"))
    .action(ending(add));
  group
    .command('change')
    .description('change its name, how many it holds, whether a second person confirms each invitation to it, and which group it is in')
    .argument('<slug>', '', slug)
    .option('--name <name>', 'its name for people; apps that are told names hear the new one')
    .option('--description <text>', 'what being in it lets people do')
    .option('--capacity <n|none>', 'most people in it; whoever is in stays in', (text) => (text === 'none' ? text : places(text)))
    .option('--sensitive', 'a second person confirms each invitation to it, and to the groups in it')
    .addOption(new Option('--not-sensitive', 'nobody does').conflicts('sensitive'))
    .option('--parent <slug|none>', 'the group that it moves into, with all that is in it; none: it is in no other', slug)
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('group change choir --capacity none --parent board'))
    .action(ending(change));
  for (const [name, archived, description] of [
    ['archive', true, 'let nobody in any more; apps hear nothing of it, and the groups in it inherit nothing'],
    ['restore', false, 'take back that it is archived'],
  ] as const) {
    group
      .command(name)
      .description(description)
      .argument('<slug>', '', slug)
      .option('--json', 'answer in JSON')
      .addHelpText('after', examples(`group ${name} choir`))
      .action(ending((slugText: string, options: OutputOptions) => changeTo(slugText, { archived }, options)));
  }
  addPolicyCommand(group);
  group
    .command('list')
    .description('show all groups')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('group list'))
    .action(ending(list));
}

type AddOptions = OutputOptions & {
  readonly name: string;
  readonly description: string;
  readonly right?: readonly string[];
  readonly capacity?: number;
  readonly sensitive?: true;
  readonly parent?: string;
};

async function add(slugText: string, { right: rights = [], json = false, ...given }: AddOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    const made = await api.createGroup({ body: { slug: slugText, ...given, rights: [...rights] } });
    print({ json }, { value: made, lines: [`The group ${slugText} is there.`] });
  });
}

type ChangeOptions = OutputOptions & {
  readonly name?: string;
  readonly description?: string;
  readonly capacity?: number | 'none';
  readonly sensitive?: true;
  readonly notSensitive?: true;
  /** `none`: at the top. */
  readonly parent?: string;
};

async function change(slugText: string, options: ChangeOptions, command: Command): Promise<void> {
  const { name, description, capacity, sensitive, notSensitive, parent, ...output } = options;
  const orNull = <Value>(value: Value | 'none' | undefined) => (value === 'none' ? null : value);
  const settings = { capacity: orNull(capacity), sensitive: notSensitive ? false : sensitive, parent: orNull(parent) };
  const wish = defined({ name, description, ...settings });
  if (Object.keys(wish).length === 0)
    command.error("error: say what to change with '--name', '--description', '--capacity', '--sensitive', '--not-sensitive' or '--parent'");
  await changeTo(slugText, wish, output);
}

async function changeTo(slugText: string, wish: Input<'changeGroup'>['body'], options: OutputOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    const changed = await api.changeGroup({ params: { slug: slugText }, body: wish });
    print(options, { value: changed, lines: [`${line(changed)}${changed.parent === null ? '' : `  in ${changed.parent}`}`] });
  });
}

async function list(options: OutputOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    const { items: groups } = await api.listGroups();
    print(options, {
      value: groups,
      lines: groups.length > 0 ? groups.map((group) => '  '.repeat(group.depth) + line(group)) : ['There is no group yet.'],
    });
  });
}

function line({ slug: slugText, name, memberCount, capacity, sensitive, archived, rights }: Output<'getGroup'>): string {
  const facts = [
    `${memberCount}${capacity === null && memberCount >= countedMembers.inLists ? ' or more' : ''}${capacity === null ? '' : ` of ${capacity}`} in it`,
    ...(sensitive ? ['sensitive'] : []),
    ...(archived ? ['archived'] : []),
  ];
  return `${slugText}  ${name}  (${facts.join(', ')})  ${rights.join(' ')}`.trimEnd();
}

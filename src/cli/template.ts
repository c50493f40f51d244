/** `guestlist template add|list|remove` */
import type { Command } from 'commander';
import { slugPattern } from '../group/group.ts';
import type { Output } from '../admin/http-client.ts';
import { withCalls } from './calls.ts';
import { ending, examples, type OutputOptions, print } from './command.ts';
import { lengthOfTime, matching } from './option.ts';
import { addWishOptions, defined, type WishOptions, wishOf } from './wish.ts';

export function addTemplateCommand(program: Command): void {
  const template = program.command('template').description('invitations that need not be thought out twice');
  const add = template
    .command('add')
    .description('make a template; its options are those of invite')
    .argument(
      '<name>',
      'as in invite --template',
      matching(slugPattern, 'It must be lower-case letters, digits, dots, dashes or underscores.'),
    );
  addWishOptions(add)
    .option('--lifetime <7d>', 'how long an invitation of it is good; 7d without it', lengthOfTime({ mostYears: 9 }))
    .option('--grant-lasts <90d>', 'how long what it gives lasts, after accepting', lengthOfTime({ mostYears: 99 }))
    .option('--pin', 'each invitation gets a PIN of its own')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('template add tenors --group choir --max-uses 5 --lifetime 14d'))
    .action(ending(addTemplate));
  template
    .command('remove')
    .description('remove a template; what was made with it stays as it is')
    .argument('<name>')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('template remove tenors'))
    .action(ending(remove));
  template
    .command('list')
    .description('show all templates')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('template list'))
    .action(ending(list));
}

type AddOptions = OutputOptions & WishOptions & { readonly lifetime?: number; readonly grantLasts?: number; readonly pin?: true };

async function addTemplate(name: string, { lifetime, grantLasts, pin, ...options }: AddOptions): Promise<void> {
  const ends = grantLasts === undefined ? undefined : { afterSeconds: grantLasts };
  const body = { name, wish: { ...wishOf(options), ...defined({ lifetimeSeconds: lifetime, ends, pin }) } };
  await withCalls(async ({ api }) => {
    const made = await api.createTemplate({ body });
    print(options, { value: made, lines: [`The template ${name} is there: guestlist invite --template ${name}`] });
  });
}

async function list(options: OutputOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    const { items } = await api.listTemplates();
    print(options, { value: items, lines: items.length > 0 ? items.map(line) : ['There is no template yet.'] });
  });
}

async function remove(name: string, options: OutputOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    await api.removeTemplate({ params: { templateName: name } });
    print(options, { value: { name, removed: true }, lines: [`The template ${name} is gone.`] });
  });
}

function line({ name, wish: { groups = [], rights = [], ...limits } }: Output<'listTemplates'>['items'][number]): string {
  const more = Object.keys(limits).length > 0 ? JSON.stringify(limits) : '';
  return `${name}  ${[...groups, ...rights].join(' ')}  ${more}`.trimEnd();
}

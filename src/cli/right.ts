/** `guestlist right add` */
import type { Command } from 'commander';
import { addRight } from '../group/manage.ts';
import { ending, type OutputOptions, print, withDatabase } from './command.ts';
import { right } from './option.ts';

export function addRightCommand(program: Command): void {
  program
    .command('right')
    .description('rights that people can have')
    .command('add')
    .description('make a right')
    .argument('<name>', 'such as wiki:edit', right)
    .option('--description <text>', 'what it lets people do', '')
    .option('--json', 'answer in JSON')
    .action(ending(add));
}

async function add(name: string, { description, ...output }: OutputOptions & { readonly description: string }): Promise<void> {
  await withDatabase(async ({ database, ...context }) => {
    await addRight(database, { name, description }, context);
    print(output, { value: { name, description }, lines: [`The right ${name} is there.`] });
  });
}

/** `guestlist setting list|set|unset`: what can be set while the server runs. It goes before the environment. */
import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import type { Input, Output } from '../admin/http-client.ts';
import { settingNames } from '../setting/setting.ts';
import { withCalls } from './calls.ts';
import { ending, examples, type OutputOptions, print } from './command.ts';
import { Mistake } from './explain.ts';

const names = [...settingNames, 'logo'] as const;
type Name = (typeof names)[number];

/** On the command line there are dashes instead of capitals. */
const spoken = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function settingName(text: string): Name {
  const known = names.find((name) => name === text || spoken(name) === text);
  if (!known) throw new InvalidArgumentError(`It must be one of ${names.map(spoken).join(', ')}.`);
  return known;
}

export function addSettingCommand(program: Command): void {
  const setting = program.command('setting').description('what can be set while the server runs; it goes before the environment');
  setting
    .command('list')
    .description('show every setting, where its value is from, and what only the environment says')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('setting list'))
    .action(ending(list));
  setting
    .command('set')
    .description('store a value; every server hears of it within seconds')
    .argument('<name>', `one of ${names.map(spoken).join(', ')}`, settingName)
    .argument('<value>', 'for logo, a file: PNG or SVG, 64 kB or less')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('setting set brand "Kammerchor Nord"', 'setting set accent "#7a2e4d"', 'setting set logo choir.svg'))
    .action(ending(set));
  setting
    .command('unset')
    .description('take a stored value away: the environment’s counts again, or our own')
    .argument('<name>', '', settingName)
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('setting unset accent'))
    .action(ending((name: Name, output: OutputOptions) => change(name, null, output)));
}

async function list(output: OutputOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    const answer = await api.getSettings();
    const { versions, languages, ...facts } = answer.facts;
    const known = Object.entries({ ...facts, languages: languages.join(' '), node: versions.node });
    const lines = [
      ...names.map((name) => line(name, answer)),
      '',
      ...known.map(([name, value]) => `${spoken(name).padEnd(20)} ${value ?? '-'}`),
    ];
    print(output, { value: answer, lines });
  });
}

async function set(name: Name, value: string, output: OutputOptions): Promise<void> {
  await change(name, name === 'logo' ? (await pictureIn(value)).toString('base64') : value, output);
}

async function pictureIn(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch {
    throw new Mistake(`the file ${file} cannot be read`);
  }
}

async function change(name: Name, value: string | null, output: OutputOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    const body: Input<'changeSettings'>['body'] = { [name]: value };
    const answer = await api.changeSettings({ body });
    print(output, { value: answer, lines: [line(name, answer)] });
  });
}

function line(name: Name, { settings }: Output<'getSettings'>): string {
  const { value, source } = settings[name];
  const text = typeof value === 'object' && value !== null ? `${value.type} ${value.width}×${value.height}` : (value ?? '-');
  return `${spoken(name).padEnd(12)} ${text}  (${source})`;
}

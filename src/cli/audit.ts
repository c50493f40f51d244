/** `guestlist audit list|export|verify` */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { each, type Output } from '../admin/http-client.ts';
import { parseHead } from '../audit/verify.ts';
import { firstOf, withCalls } from './calls.ts';
import { ending, examples, type OutputOptions, print } from './command.ts';
import { passOn } from './file.ts';
import { instantOption, wholeNumber } from './option.ts';
import { defined, withoutNulls } from './wish.ts';

export function addAuditCommand(program: Command): void {
  const audit = program.command('audit').description('who did what, when, from where');
  addFilters(audit.command('list').description('show the newest entries'))
    .option('--limit <n>', 'how many', (text) => wholeNumber(text, { from: 1, to: 10_000 }), 100)
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('audit list', 'audit list --action invitation.redeemed --after 2030-05-01'))
    .action(ending(list));
  addFilters(
    audit.command('export').description('write the record of a span of time as a file, the oldest first; that is on record as well'),
  )
    .addOption(new Option('--format <format>', 'of the file').choices(['jsonl', 'csv']).default('jsonl'))
    .option('--file <file>', 'write it there; to the terminal without it')
    .addHelpText('after', examples('audit export --after 2030-05-01 --before 2030-06-01 --format csv --file may.csv'))
    .action(ending(exportAll));
  audit
    .command('verify')
    .description('prove that no entry was changed or removed; ends with 1 if one was')
    .option('--head <seq:hash>', 'what an earlier call has printed, to notice an end that was cut off', head)
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('audit verify'))
    .action(ending(verify));
}

function addFilters(command: Command): Command {
  return command
    .option('--subject <id>', 'only what was done to this invitation, account or group')
    .option('--actor <id>', 'only what this account did; operator: the command line and apps')
    .option('--action <action>', 'only this, such as invitation.redeemed')
    .option('--after <date>', 'only from this day or moment on', instantOption)
    .option('--before <date>', 'only up to this day or moment', instantOption);
}

type Filters = {
  readonly subject?: string;
  readonly actor?: string;
  readonly action?: string;
  readonly after?: Date;
  readonly before?: Date;
};

function filterOf({ subject, actor, action, after, before }: Filters) {
  return defined({ subject, actor, action, after: after?.toISOString(), before: before?.toISOString() });
}

function head(text: string): string {
  if (!parseHead(text))
    throw new InvalidArgumentError('It must be a number, a colon and 64 hexadecimal digits, as this command prints them.');
  return text;
}

type Entry = Output<'listAuditEvents'>['items'][number];

async function list({ limit, json = false, ...filters }: OutputOptions & Filters & { readonly limit: number }): Promise<void> {
  await withCalls(async ({ api }) => {
    const filter = filterOf(filters);
    const pages = each((query) => api.listAuditEvents({ query: { ...filter, ...query, limit: Math.min(limit, 200) } }));
    const events = await firstOf(pages, limit);
    print({ json }, { value: events.map(withoutNulls), lines: events.length > 0 ? events.map(line) : ['There is no entry yet.'] });
  });
}

function line({ at, actor, action, subject, detail }: Entry): string {
  const more = Object.keys(detail).length > 0 ? JSON.stringify(detail) : '';
  return `${at}  ${actor}  ${action}  ${subject}  ${more}`.trimEnd();
}

type ExportOptions = Filters & { readonly format: 'jsonl' | 'csv'; readonly file?: string };

async function exportAll({ format, file, ...filters }: ExportOptions): Promise<void> {
  await withCalls(async ({ api }) => passOn(await api.exportAudit({ query: { ...filterOf(filters), format } }), file));
}

type Verdict = Output<'verifyAudit'>;

async function verify({ head: remembered, ...output }: OutputOptions & { readonly head?: string }): Promise<void> {
  await withCalls(async ({ api }) => {
    const verdict = await api.verifyAudit({ query: defined({ head: remembered }) });
    const { break: found, ...rest } = verdict;
    const value = { ...withoutNulls(rest), ...(found ? { break: withoutNulls(found) } : {}) };
    print(output, { value, lines: found ? linesOfBreak(found, verdict) : linesOfWhole(verdict) });
    if (found) process.exitCode = 1;
  });
}

function linesOfWhole({ eventCount, head: newest }: Verdict): string[] {
  if (newest === null) return ['There is no entry yet.'];
  return [
    `Nothing was changed or removed. Entries: ${eventCount}`,
    `Head: ${newest}`,
    'Keep the head elsewhere and give it back with --head: then it is noticed as well if the end was cut off.',
  ];
}

type Break = NonNullable<Verdict['break']>;

function linesOfBreak(found: Break, { eventCount }: Verdict): string[] {
  return [sentences[found.kind](found), `As far as entry ${eventCount} nothing was changed.`];
}

const sentences: Readonly<Record<Break['kind'], (found: Break) => string>> = {
  changed: ({ seq, eventId }) => `Entry ${seq} is not what it was when it was written: ${eventId}`,
  missing: ({ seq, eventId }) => `Entry ${seq} is missing${eventId === null ? '.' : `: ${eventId}`}`,
  unlinked: ({ eventId }) => `There is an entry outside the chain: ${eventId}`,
  head_not_found: ({ seq }) => `Entry ${seq} does not have this head: entries at the end were removed, or all were written anew.`,
};

/** `guestlist audit list|verify` */
import { type Command, InvalidArgumentError } from 'commander';
import { listEvents, type StoredEvent } from '../audit/store.ts';
import { type Break, formatHead, type Head, parseHead, type Verdict, verifyAudit } from '../audit/verify.ts';
import { ending, type OutputOptions, print, withDatabase } from './command.ts';
import { wholeNumber } from './option.ts';

export function addAuditCommand(program: Command): void {
  const audit = program.command('audit').description('who did what, when, from where');
  audit
    .command('list')
    .description('show the newest entries')
    .option('--limit <n>', 'how many', (text) => wholeNumber(text, { from: 1, to: 10_000 }), 100)
    .option('--subject <id>', 'only what was done to this invitation, account or group')
    .option('--json', 'answer in JSON')
    .action(ending(list));
  audit
    .command('verify')
    .description('prove that no entry was changed or removed; ends with 1 if one was')
    .option('--head <seq:hash>', 'what an earlier call has printed, to notice an end that was cut off', head)
    .option('--json', 'answer in JSON')
    .action(ending(verify));
}

function head(text: string): Head {
  const parsed = parseHead(text);
  if (!parsed) throw new InvalidArgumentError('It must be a number, a colon and 64 hexadecimal digits, as this command prints them.');
  return parsed;
}

async function list({ limit, subject, ...output }: OutputOptions & { readonly limit: number; readonly subject?: string }): Promise<void> {
  await withDatabase(async ({ database }) => {
    const events = await listEvents(database, { limit, subject });
    print(output, { value: events, lines: events.length > 0 ? events.map(line) : ['There is no entry yet.'] });
  });
}

function line({ at, actor, action, subject, detail }: StoredEvent): string {
  const more = Object.keys(detail).length > 0 ? JSON.stringify(detail) : '';
  return `${at.toISOString()}  ${actor}  ${action}  ${subject}  ${more}`.trimEnd();
}

async function verify({ head: remembered, ...output }: OutputOptions & { readonly head?: Head }): Promise<void> {
  await withDatabase(async ({ database }) => {
    const verdict = await verifyAudit(database, { head: remembered });
    const value = { ...verdict, head: verdict.head && formatHead(verdict.head) };
    print(output, { value, lines: verdict.break ? linesOfBreak(verdict.break, verdict) : linesOfWhole(verdict) });
    if (verdict.break) process.exitCode = 1;
  });
}

function linesOfWhole({ eventCount, head: newest }: Verdict): string[] {
  if (!newest) return ['There is no entry yet.'];
  return [
    `Nothing was changed or removed. Entries: ${eventCount}`,
    `Head: ${formatHead(newest)}`,
    'Keep the head elsewhere and give it back with --head: then it is noticed as well if the end was cut off.',
  ];
}

function linesOfBreak(found: Break, { eventCount }: Verdict): string[] {
  return [sentences[found.kind](found), `As far as entry ${eventCount} nothing was changed.`];
}

const sentences: Readonly<Record<Break['kind'], (found: Break) => string>> = {
  changed: ({ seq, eventId }) => `Entry ${seq} is not what it was when it was written: ${eventId}`,
  missing: ({ seq, eventId }) => `Entry ${seq} is missing${eventId === undefined ? '.' : `: ${eventId}`}`,
  unlinked: ({ eventId }) => `There is an entry outside the chain: ${eventId}`,
  head_not_found: ({ seq }) => `Entry ${seq} does not have this head: entries at the end were removed, or all were written anew.`,
};

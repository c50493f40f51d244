/** `guestlist invitation export|import|bulk`: many invitations at once, out to a file, in from one, or each by its id. */
import { text as readText } from 'node:stream/consumers';
import { type Command, Option } from 'commander';
import type { Client, Input, Output } from '../admin/http-client.ts';
import type { GrantEnd } from '../group/group.ts';
import { withCalls } from './calls.ts';
import { ending, examples, type OutputOptions, print } from './command.ts';
import { Mistake } from './explain.ts';
import { bodyFrom, jsonLinesOf, mediaTypeOf, passOn, readable } from './file.ts';
import { addFilterOptions, type FilterOptions, filterOf } from './invitation-filter.ts';
import { end, lengthOrDate } from './option.ts';
import { withProgress } from './progress.ts';
import { visible } from './visible.ts';
import { defined } from './wish.ts';

const deeds = ['revoke', 'resend', 'extend'] as const;

export function addInvitationFiles(invitation: Command): void {
  const format = () => new Option('--format <format>', 'of the file').choices(['csv', 'ndjson']);
  addFilterOptions(invitation.command('export').description('write those that there are as a file, filtered like the list'))
    .addOption(format().default('csv'))
    .option('--file <file>', 'write it there; to the terminal without it')
    .addHelpText('after', examples('invitation export --state open > open.csv', 'invitation export --format ndjson --file all.ndjson'))
    .action(ending(exportAll));
  invitation
    .command('import')
    .description('make invitations from a file, with an answer for each row; ends with 1 if one was refused')
    .argument('<file>', 'columns or properties as POST /api/v1/invitations has them; - for what is piped in')
    .addOption(format())
    .option('--dry-run', 'say what would become of each row, and make nothing')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('invitation import people.csv --dry-run', 'invitation import - --format ndjson < people.ndjson'))
    .action(ending(importAll));
  invitation
    .command('bulk')
    .description('do the same to many, with an answer for each; ends with 1 if one was refused')
    .argument('<deed>', deeds.join(', '))
    .argument('<ids...>', 'which; - for ids that are piped in')
    .option('--expires <7d|date>', 'for resend: another end', end)
    .option('--by <7d|date>', 'for extend: so long after its end, or until when', lengthOrDate)
    .option('--json', 'answer in JSON')
    .addHelpText(
      'after',
      examples(
        'invitation bulk extend --by 7d ID1 ID2',
        "invitation list --state open --json | jq -r '.[].id' | guestlist invitation bulk revoke -",
      ),
    )
    .action(ending((deed: string, ids: string[], options: BulkOptions) => bulk(deed, ids, options)));
}

type ExportOptions = FilterOptions & { readonly format: 'csv' | 'ndjson'; readonly file?: string };

async function exportAll({ format, file, ...filters }: ExportOptions): Promise<void> {
  await withCalls(async (calls) => {
    const filter = await filterOf(filters, calls);
    await passOn(await calls.api.exportInvitations({ query: { ...filter, format } }), file);
  });
}

type ImportOptions = OutputOptions & { readonly format?: 'csv' | 'ndjson'; readonly dryRun?: boolean };

/** `linkCode` is what can be typed instead of the link; `code` of a row that was refused says why. */
type RowTold = {
  readonly line: number;
  readonly ok: boolean;
  readonly id?: string;
  readonly url?: string;
  readonly linkCode?: string;
  readonly pin?: string;
  readonly code?: string;
  readonly problem?: string;
};

async function importAll(file: string, { format, dryRun = false, ...output }: ImportOptions): Promise<void> {
  const type = mediaTypeOf(file, format);
  const source = await readable(file);
  await withCalls(async ({ api }) => {
    const answer = await api.importInvitations({ query: { dryRun: dryRun ? 'yes' : 'no' }, ...bodyFrom(type, source) });
    const rows: RowTold[] = [];
    await withProgress('rows done', output, async (progress) => {
      for await (const row of jsonLinesOf<RowTold>(answer)) progress.show(rows.push(row));
    });
    const refused = rows.filter(({ ok }) => !ok).length;
    const figures = `${rows.length - refused} ${dryRun ? 'could be made' : 'made'}, ${refused} refused.${dryRun ? ' Nothing was made.' : ''}`;
    print(output, {
      value: { dryRun, made: dryRun ? 0 : rows.length - refused, refused, rows },
      lines: [...rows.filter(({ ok }) => !dryRun || !ok).map(rowLine), figures],
    });
    if (refused > 0) process.exitCode = 1;
  });
}

function rowLine({ line, ok, id, url, linkCode, pin, code, problem }: RowTold): string {
  if (!ok) return `  ${line}  ${code}${problem === undefined ? '' : `  ${visible(problem)}`}`;
  return `  ${line}  ${id}${url === undefined ? '' : `  ${url}  ${linkCode}`}${pin === undefined ? '' : `  PIN ${pin}`}`;
}

type BulkOptions = OutputOptions & { readonly expires?: Date; readonly by?: GrantEnd };
type Doing = Omit<Input<'bulkInvitations'>['body'], 'ids'>;
type Done = Output<'bulkInvitations'>['items'][number];

/** As the API takes them. */
const idsAtOnce = 500;

async function bulk(deed: string, given: readonly string[], { expires, by, ...output }: BulkOptions): Promise<void> {
  const doing = doingOf(deed, expires, by);
  const ids = given.includes('-') ? (await readText(process.stdin)).split(/\s+/).filter((id) => id !== '') : given;
  if (ids.length === 0) throw new Mistake('say which invitations, by their ids');
  await withCalls(async ({ api }) => {
    const done = await withProgress('invitations done', output, (progress) => doAll(api, { ids, doing, noted: progress.show }));
    const refused = done.filter(({ ok }) => !ok);
    const lines = [...refused.map(({ id, code, problem }) => visible(`  ${id}  ${code}  ${problem ?? ''}`.trimEnd()))];
    print(output, { value: done, lines: [...lines, `${done.length - refused.length} done, ${refused.length} refused.`] });
    if (refused.length > 0) process.exitCode = 1;
  });
}

/** Throws `Mistake`. */
function doingOf(deed: string, expires: Date | undefined, by: GrantEnd | undefined): Doing {
  const known = deeds.find((one) => one === deed);
  if (!known) throw new Mistake(`argument 'deed' must be one of ${deeds.join(', ')}`);
  if ((known === 'extend') !== (by !== undefined)) throw new Mistake("option '--by' goes with extend, which needs it");
  if (expires !== undefined && known !== 'resend') throw new Mistake("option '--expires' goes with resend");
  if (by === undefined) return { deed: known, ...defined({ expiresAt: expires?.toISOString() }) };
  return { deed: known, ...('at' in by ? { expiresAt: by.at.toISOString() } : { bySeconds: by.afterSeconds }) };
}

type Doings = { readonly ids: readonly string[]; readonly doing: Doing; readonly noted: (done: number, total: number) => void };

async function doAll(api: Client, { ids, doing, noted }: Doings): Promise<Done[]> {
  const done: Done[] = [];
  for (let at = 0; at < ids.length; at += idsAtOnce) {
    const { items } = await api.bulkInvitations({ body: { ...doing, ids: ids.slice(at, at + idsAtOnce) } });
    done.push(...items);
    noted(Math.min(ids.length, at + idsAtOnce), ids.length);
  }
  return done;
}

/** `guestlist campaign list|show|run|cancel|resume|export|name-card`; making one is in `campaign-create.ts`. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { type CampaignRow, steps } from '../campaign/campaign.ts';
import { Failure } from '../errors.ts';
import { addCreating } from './campaign-create.ts';
import { campaignLine, cardLines, withSheet } from './campaign-output.ts';
import { ending, type OutputOptions, print } from './command.ts';
import { actorWith, withGuestlist } from './guestlist.ts';
import { wholeNumber } from './option.ts';
import { visible } from './visible.ts';

export function addCampaignCommand(program: Command): void {
  const campaign = program.command('campaign').description('many invitations in one go, each for one person');
  addCreating(campaign);
  campaign.command('list').description('the newest campaigns').option('--json', 'answer in JSON').action(ending(list));
  campaign
    .command('show')
    .description('how it is going: figures by day, and with --rows each row')
    .argument('<id>')
    .option('--rows', 'each row with its state')
    .option('--json', 'answer in JSON')
    .action(ending(show));
  campaign
    .command('run')
    .description('make what waits, now; by mail a running server does it by itself')
    .argument('<id>')
    .option('--sheet <file>', 'of a campaign of cards: write them there, to be printed')
    .option('--json', 'answer in JSON')
    .action(ending(run));
  campaign
    .command('cancel')
    .description('make no more')
    .argument('<id>')
    .option('--revoke', 'and end those that nobody has accepted')
    .option('--as <email>', 'the account that does it; without it the operator')
    .option('--json', 'answer in JSON')
    .action(ending(cancel));
  campaign
    .command('resume')
    .description('go on after it was cancelled')
    .argument('<id>')
    .option('--failed', 'try again what could not be made')
    .option('--as <email>', 'the account that does it; without it the operator')
    .option('--json', 'answer in JSON')
    .action(ending(resume));
  campaign
    .command('export')
    .description('every row with its state and times, as CSV that a spreadsheet can open safely')
    .argument('<id>')
    .option('--file <file>', 'write it there; to the terminal without it')
    .action(ending(exportRows));
  campaign
    .command('name-card')
    .description('note whom a card was given to; an empty name takes it back')
    .argument('<id>')
    .argument('<row>', 'its number', (text) => wholeNumber(text, { from: 1, to: 1_000_000 }))
    .argument('<name>')
    .option('--as <email>', 'the account that does it; without it the operator')
    .option('--json', 'answer in JSON')
    // biome-ignore lint/complexity/useMaxParams: commander gives each argument by itself.
    .action(ending((id: string, position: number, name: string, options: ActingOptions) => nameCard({ id, position, name }, options)));
}

type ActingOptions = OutputOptions & { readonly as?: string };

async function list(output: OutputOptions): Promise<void> {
  await withGuestlist(async ({ guestlist }) => {
    const found = await guestlist.campaigns.list();
    print(output, { value: found, lines: found.length > 0 ? found.map(campaignLine) : ['There is no campaign yet.'] });
  });
}

async function show(id: string, { rows: withRows = false, ...output }: OutputOptions & { readonly rows?: boolean }): Promise<void> {
  await withGuestlist(async ({ guestlist: { campaigns } }) => {
    const report = await campaigns.report(id);
    const rows = withRows ? await campaigns.rows(id, { limit: 100_000 }) : undefined;
    const { campaign, totals, days } = report;
    const figures = (row: Readonly<Record<(typeof steps)[number], number>>) => steps.map((step) => `${step} ${row[step]}`).join(', ');
    const lines = [
      campaignLine(campaign),
      figures(totals),
      ...days.map(({ day, ...counts }) => `  ${day}  ${figures(counts)}`),
      'Opened is a hint: mail scanners and previews open links as well.',
      ...(rows ?? []).map(rowLine),
    ];
    print(output, { value: rows ? { ...report, rows } : report, lines });
  });
}

function rowLine({ position, state, failure, email, name, invitationId }: CampaignRow): string {
  return `  ${position}  ${failure ?? state}  ${email ?? ''}  ${visible(name ?? '')}  ${invitationId ?? ''}`.trimEnd();
}

async function run(id: string, { sheet, ...output }: OutputOptions & { readonly sheet?: string }): Promise<void> {
  await withGuestlist(async ({ guestlist: { campaigns } }) => {
    const ran = await withSheet(sheet, campaigns, (running) => campaigns.run(id, running));
    print(output, { value: ran, lines: [campaignLine(ran), ...cardLines(ran.cards, sheet)] });
  });
}

async function cancel(id: string, { revoke = false, as, ...output }: ActingOptions & { readonly revoke?: boolean }): Promise<void> {
  await withGuestlist(async ({ guestlist: { campaigns }, database }) => {
    const cancelled = await campaigns.cancel(id, { revoke }, await actorWith(database, as));
    const hint = revoke ? `${cancelled.revoked} were revoked.` : 'What was made is still good: end it with --revoke.';
    print(output, { value: cancelled, lines: [campaignLine(cancelled), hint] });
  });
}

async function resume(id: string, { failed = false, as, ...output }: ActingOptions & { readonly failed?: boolean }): Promise<void> {
  await withGuestlist(async ({ guestlist: { campaigns }, database }) => {
    const resumed = await campaigns.resume(id, { failed }, await actorWith(database, as));
    print(output, { value: resumed, lines: [campaignLine(resumed), `Make them now with: guestlist campaign run ${id}`] });
  });
}

async function exportRows(id: string, { file }: { readonly file?: string }): Promise<void> {
  await withGuestlist(async ({ guestlist: { campaigns } }) => {
    if (!(await campaigns.find(id))) throw new Failure('campaign_not_found');
    // Addresses and names: for nobody else's eyes.
    if (file !== undefined) await pipeline(Readable.from(campaigns.exportCsv(id)), createWriteStream(file, { mode: 0o600 }));
    else for await (const piece of campaigns.exportCsv(id)) process.stdout.write(piece);
  });
}

type Naming = { readonly id: string; readonly position: number; readonly name: string };

async function nameCard({ id, position, name }: Naming, { as, ...output }: ActingOptions): Promise<void> {
  await withGuestlist(async ({ guestlist: { campaigns }, database }) => {
    await campaigns.nameCard(id, position, name, await actorWith(database, as));
    const lines = [name === '' ? `Card ${position} is nobody’s.` : `Card ${position} is ${visible(name)}’s.`];
    print(output, { value: { id, position, name }, lines });
  });
}

/** How a campaign is going: figures, rows, and the same as a file that a spreadsheet can open without running anything. */
import { stringify } from 'csv-stringify/sync';
import type { InvitationHost } from '../invitation/host.ts';
import { type CampaignRow, type Report, steps } from './campaign.ts';
import { getCampaign } from './make.ts';
import { countDays, countSteps, listRows } from './report-store.ts';

/** Throws `campaign_not_found`. */
export async function reportOf(host: InvitationHost, id: string): Promise<Report> {
  const { database, clock } = host;
  const now = clock();
  const campaign = await getCampaign(host, id);
  return { campaign, totals: await countSteps(database, id, now), days: await countDays(database, id, now) };
}

export type RowPage = { readonly limit?: number | undefined; readonly after?: number | undefined };

/** Throws `campaign_not_found`. */
export async function rowsOf(host: InvitationHost, id: string, { limit = 100, after = -1 }: RowPage): Promise<CampaignRow[]> {
  await getCampaign(host, id);
  return listRows(host.database, id, { limit, after, now: host.clock() });
}

const pageSize = 1_000;

/** Read as it is written, a page at a time. Throws `campaign_not_found`. */
export async function* exportCsv(host: InvitationHost, id: string): AsyncGenerator<string> {
  await getCampaign(host, id);
  yield toCsv([columns]);
  for (let after = -1; ; ) {
    const page = await listRows(host.database, id, { limit: pageSize, after, now: host.clock() });
    if (page.length > 0) yield toCsv(page.map(cellsOf));
    const last = page.at(-1);
    if (!last || page.length < pageSize) return;
    after = last.position;
  }
}

const columns = ['row', 'email', 'name', 'state', 'failure', 'invitation', ...steps.map((step) => `${step}_at`), 'failed_at'];

function cellsOf(row: CampaignRow): string[] {
  const { position, email = '', name = '', state, failure = '', invitationId = '', failedAt } = row;
  const instants = [...steps.map((step) => row[`${step}At`]), failedAt].map((instant) => instant?.toISOString() ?? '');
  return [String(position), email, name, state, failure, invitationId, ...instants];
}

/**
 * RFC 4180, with `'` before whatever a spreadsheet would take for a formula: = + - @, a tab or a carriage return, and their
 * full-width likes (OWASP, CSV injection). Every cell stands in quotes: those alone do not help, for they are gone before it
 * is looked at, but a line break in it ends no row.
 */
export function toCsv(records: readonly (readonly string[])[]): string {
  return stringify(records as string[][], { escape_formulas: true, quoted: true, record_delimiter: 'windows' });
}

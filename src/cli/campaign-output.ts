/** What the commands about campaigns print and write: how one is going, and its cards, once. */
import { open, rm, writeFile } from 'node:fs/promises';
import type { Campaigns } from '../campaign/calls.ts';
import type { CampaignSummary } from '../campaign/campaign.ts';
import type { Card, Ran, Running } from '../campaign/make.ts';
import { Mistake } from './explain.ts';
import { visible } from './visible.ts';

export function campaignLine({ id, state, kind, rows, made, failed, waiting, name }: CampaignSummary): string {
  const figures = `${made} made, ${waiting} waiting, ${failed} failed of ${rows}`;
  return `${id}  ${state.padEnd(9)}  ${kind.padEnd(6)}  ${figures}  ${visible(name)}`;
}

/** The file is there, for its owner alone, before anything is made, and has every card before one of them is good. */
export async function withSheet<Result extends Pick<Ran, 'cards'>>(
  file: string | undefined,
  { sheet }: Pick<Campaigns, 'sheet'>,
  work: (running: Running) => Promise<Result>,
): Promise<Result> {
  if (file === undefined) return work({});
  await reserve(file);
  const keep = (cards: readonly Card[]) => writeFile(file, sheet(cards, { standalone: true }), { flush: true });
  try {
    const result = await work({ keep });
    if (result.cards.length === 0) await rm(file);
    return result;
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
}

async function reserve(file: string): Promise<void> {
  try {
    await (await open(file, 'wx', 0o600)).close();
  } catch {
    throw new Mistake(`the file ${file} cannot be made, or is there already`);
  }
}

export function cardLines(cards: readonly Card[], sheet: string | undefined): string[] {
  if (cards.length === 0) return [];
  if (sheet !== undefined) return [`${cards.length} cards are in ${sheet}. Print it, and keep it to yourself: it is not made again.`];
  return cards.map(({ position, url, code, pin }) => `  ${position}  ${url}  ${code}${pin === undefined ? '' : `  PIN ${pin}`}`);
}

/** What the commands about campaigns print and write: how one is going, and its cards, once. */
import { open, rm, writeFile } from 'node:fs/promises';
import type { Output } from '../admin/http-client.ts';
import { Mistake } from './explain.ts';
import { visible } from './visible.ts';

export type Campaign = Output<'getCampaign'>;
export type Card = Output<'runCampaign'>['cards'][number];

export function campaignLine({ id, state, kind, rows, made, failed, waiting, name }: Omit<Campaign, 'inviterId'>): string {
  const figures = `${made} made, ${waiting} waiting, ${failed} failed of ${rows}`;
  return `${id}  ${state.padEnd(9)}  ${kind.padEnd(6)}  ${figures}  ${visible(name)}`;
}

/** A file for the cards as a page. */
export type Sheet = { readonly file: string; keep(page: string): Promise<void> };

/** The file is there, for its owner alone, before anything is made; it is gone again where it has no card. */
export async function withSheet<Result extends { readonly cards: readonly Card[] }>(
  file: string | undefined,
  work: (sheet: Sheet | undefined) => Promise<Result>,
): Promise<Result> {
  if (file === undefined) return work(undefined);
  await reserve(file);
  try {
    const result = await work({ file, keep: (page) => writeFile(file, page, { flush: true }) });
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

/** `sheet`: the file that has them. */
export function cardLines(cards: readonly Card[], sheet: string | undefined): string[] {
  if (cards.length === 0) return [];
  if (sheet !== undefined) return [`${cards.length} cards are in ${sheet}. Print it, and keep it to yourself: it is not made again.`];
  return cards.map(({ position, url, code, pin }) => `  ${position}  ${url}  ${code}${pin === null ? '' : `  PIN ${pin}`}`);
}

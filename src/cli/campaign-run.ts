/** Making what a campaign has waiting: mails piece by piece, with a bar; cards all at once, and their sheet before anything else. */
import type { Card as MadeCard } from '../campaign/make.ts';
import type { Calls } from './calls.ts';
import type { Campaign, Card, Sheet } from './campaign-output.ts';
import type { CommandContext, OutputOptions } from './command.ts';
import { createPlugin } from './guestlist.ts';
import { withProgress } from './progress.ts';

export type Ran = Campaign & {
  readonly cards: readonly Card[];
  /** Undefined: nothing was printed, or could not be. */
  readonly printedTo: string | undefined;
};

type Running = { readonly sheet: Sheet | undefined; readonly output: OutputOptions };

export async function runCampaign(calls: Calls, campaign: Campaign, { sheet, output }: Running): Promise<Ran> {
  if (campaign.kind === 'mailed') return mailAll(calls, campaign, output);
  // With a sheet, no card is good before it is on paper: only beside the database can that be one deed.
  if (sheet && calls.local) return printHere(calls.local, campaign.id, sheet);
  const params = { campaignId: campaign.id };
  const { sheet: page, cards, ...ran } = await calls.api.runCampaign({ params, body: { sheet: sheet !== undefined } });
  return { ...ran, cards, printedTo: sheet && page !== null ? await printed(sheet, page) : undefined };
}

/** Undefined: it could not be written; the cards are told instead, for nobody tells them again. */
async function printed({ file, keep }: Sheet, page: string): Promise<string | undefined> {
  try {
    await keep(page);
    return file;
  } catch (error) {
    process.stderr.write(`The file ${file} cannot be written: ${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
    return undefined;
  }
}

const rowsAtOnce = 500;

async function mailAll({ api }: Calls, campaign: Campaign, output: OutputOptions): Promise<Ran> {
  const params = { campaignId: campaign.id };
  const total = campaign.waiting;
  return withProgress('invitations made', output, async (progress) => {
    for (let before = total; ; ) {
      const { cards, sheet: _, ...ran } = await api.runCampaign({ params, body: { most: rowsAtOnce } });
      progress.show(total - ran.waiting, total);
      if (ran.waiting === 0 || ran.waiting >= before) return { ...ran, cards, printedTo: undefined };
      before = ran.waiting;
    }
  });
}

async function printHere(local: CommandContext, id: string, { file, keep }: Sheet): Promise<Ran> {
  const { campaigns } = await createPlugin(local);
  const { cards, ...ran } = await campaigns.run(id, { keep: (made) => keep(campaigns.sheet(made, { standalone: true })) });
  const { inviterId = null, storedAt, cancelledAt, createdAt, groups, rights, ...figures } = ran;
  const times = { storedAt: storedAt?.toISOString() ?? null, cancelledAt: cancelledAt?.toISOString() ?? null };
  const campaign = { ...figures, ...times, createdAt: createdAt.toISOString(), groups: [...groups], rights: [...rights], inviterId };
  return { ...campaign, cards: cards.map(toCard), printedTo: cards.length > 0 ? file : undefined };
}

function toCard({ name, pin, places, expiresAt, ...rest }: MadeCard): Card {
  return { ...rest, name: name ?? null, pin: pin ?? null, places: [...places], expiresAt: expiresAt.toISOString() };
}

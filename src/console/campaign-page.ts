/** `/admin/campaigns/:id`: how far it is, what can be done about it, and what came of it: by step, by day, by reason. */
import { Readable } from 'node:stream';
import type { Context } from 'koa';
import { requireOwnLinks } from '../admin/access.ts';
import { Failure } from '../errors.ts';
import { setPageHeaders } from '../lib/headers.ts';
import { namesOf } from './audit-store.ts';
import type { CampaignDeeds, CampaignReportData } from './campaign-data.ts';
import { campaignOf, campaignPath, type WireCampaign } from './campaign-shown.ts';
import { countFailures } from './campaign-store.ts';
import { groupNames } from './campaigns.ts';
import { cardsOf } from './campaign-cards.ts';
import { consoleForm, consoleHref } from './forms.ts';
import { operate } from './operate.ts';
import type { ConsoleSite, Visitor } from './site.ts';

const idOf = (ctx: Context) => String(ctx['params']['id']);
const dayMs = 24 * 60 * 60 * 1000;
/** Fewer make no chart, and more cannot be read. */
const [fewestDays, mostDays] = [7, 60];

export async function showCampaign(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const id = idOf(ctx);
  const params = { campaignId: id };
  const [report, failures, names] = await Promise.all([
    operate({ site, ctx, visitor }, 'reportCampaign', { params }),
    operate({ site, ctx, visitor }, 'getCampaign', { params }).then(() => countFailures(site.database, id)),
    groupNames(site, visitor),
  ]);
  const { campaign, totals, days } = report;
  const inviters = campaign.inviterId === null ? undefined : await namesOf(site.database, [campaign.inviterId]);
  const href = (page: string) => consoleHref(site, campaignPath(id, page));
  const data: CampaignReportData = {
    campaign: campaignOf(site, campaign, names),
    inviterName: campaign.inviterId === null ? undefined : inviters?.get(campaign.inviterId),
    deeds: await deedsOf(site, visitor, { campaign, mayRetry: failures.some(({ retried }) => retried > 0) }),
    progressHref: href('/progress'),
    totals,
    joins: joinsByDay(days),
    failures: failures.map(({ code, count }) => ({ code, count })),
    hrefs: {
      rows: href('/rows'),
      export: href('/export'),
      invitations: `${consoleHref(site, '/admin/invitations')}?${new URLSearchParams({ campaign: id })}`,
    },
  };
  visitor.show({ page: 'console/campaign', data });
}

type Asking = { readonly campaign: WireCampaign; readonly mayRetry: boolean };

async function deedsOf(site: ConsoleSite, visitor: Visitor, { campaign, mayRetry }: Asking): Promise<CampaignDeeds> {
  const { id, kind, state, waiting } = campaign;
  const mayRun = kind === 'mailed' || seesLinks(visitor, campaign.inviterId);
  const cards = kind === 'cards' ? await cardsOf(site, visitor, id) : undefined;
  const resume = consoleForm(site, visitor, campaignPath(id, '/resume'));
  return {
    run: state === 'running' && mayRun ? consoleForm(site, visitor, campaignPath(id, '/run')) : undefined,
    resume: state === 'cancelled' ? resume : undefined,
    retry: mayRetry && state !== 'reading' ? resume : undefined,
    cancelHref:
      state === 'running' || (state === 'done' && campaign.made > 0 && waiting === 0)
        ? consoleHref(site, campaignPath(id, '/cancel'))
        : undefined,
    cardsHref: cards && consoleHref(site, campaignPath(id, '/cards')),
  };
}

function seesLinks({ caller }: Visitor, inviterId: string | null): boolean {
  try {
    requireOwnLinks(caller, inviterId ?? undefined);
    return true;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

/** From the first to the last on which somebody joined, and a week at least, days on which nobody did among them. */
function joinsByDay(days: readonly { readonly day: string; readonly joined: number }[]): CampaignReportData['joins'] {
  const counts = new Map(days.flatMap(({ day, joined }) => (joined > 0 ? [[new Date(day).getTime(), joined] as const] : [])));
  const [first, last] = [Math.min(...counts.keys()), Math.max(...counts.keys())];
  if (counts.size === 0) return [];
  const from = Math.max(Math.min(first, last - (fewestDays - 1) * dayMs), last - (mostDays - 1) * dayMs);
  return Array.from({ length: (last - from) / dayMs + 1 }, (_, index) => {
    const at = from + index * dayMs;
    return { day: new Date(at), count: counts.get(at) ?? 0 };
  });
}

export async function exportCampaign(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const { type, chunks, fileName } = await operate({ site, ctx, visitor }, 'exportCampaign', { params: { campaignId: idOf(ctx) } });
  setPageHeaders(ctx);
  ctx.attachment(fileName);
  ctx.type = type;
  ctx.body = Readable.from(chunks);
}

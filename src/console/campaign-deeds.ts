/** What is done about a campaign: sending it on its way, ending it, going on; and its rows, with whom a card was given to. */
import type { Context } from 'koa';
import { z } from 'zod';
import { leadTo } from '../lib/answer.ts';
import { checkForm, type FieldErrors, type Fields, formStatus, lineOfText } from '../lib/form.ts';
import { makeCards } from './campaign-cards.ts';
import { campaignOf, campaignPath } from './campaign-shown.ts';
import { groupNames } from './campaigns.ts';
import { cursorSchema } from './cursor.ts';
import { leadOn } from './done.ts';
import { consoleForm, consoleHref, readConsoleForm } from './forms.ts';
import { operate } from './operate.ts';
import type { ConsoleSite, Visitor } from './site.ts';

const paramsOf = (ctx: Context) => ({ campaignId: String(ctx['params']['id']) });

/** Of mails a piece, for the server goes on by itself; cards all at once. */
export async function runCampaign(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  await readConsoleForm(site, ctx, visitor);
  const params = paramsOf(ctx);
  const { campaignId: id } = params;
  const { kind } = await operate({ site, ctx, visitor }, 'getCampaign', { params });
  if (kind === 'cards') {
    await makeCards(site, ctx, visitor);
    return leadTo(ctx, consoleHref(site, campaignPath(id, '/cards')));
  }
  await operate({ site, ctx, visitor }, 'runCampaign', { params, body: { most: 500 } });
  leadOn(site, ctx, { to: campaignPath(id), done: 'started' });
}

export async function askToCancel(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const params = paramsOf(ctx);
  const [found, names] = await Promise.all([operate({ site, ctx, visitor }, 'getCampaign', { params }), groupNames(site, visitor)]);
  const data = {
    ...consoleForm(site, visitor, campaignPath(found.id, '/cancel')),
    campaign: campaignOf(site, found, names),
    backHref: consoleHref(site, campaignPath(found.id)),
  };
  visitor.show({ page: 'console/campaign-cancel', data });
}

export async function cancelCampaign(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const { revoke } = await readConsoleForm(site, ctx, visitor);
  const params = paramsOf(ctx);
  await operate({ site, ctx, visitor }, 'cancelCampaign', { params, body: { revoke: revoke === 'yes' } });
  leadOn(site, ctx, { to: campaignPath(params.campaignId), done: 'cancelled' });
}

export async function resumeCampaign(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const { failed } = await readConsoleForm(site, ctx, visitor);
  const params = paramsOf(ctx);
  await operate({ site, ctx, visitor }, 'resumeCampaign', { params, body: { failed: failed === 'yes' } });
  leadOn(site, ctx, { to: campaignPath(params.campaignId), done: 'resumed' });
}

const pageSize = 100;

export async function showRows(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const params = paramsOf(ctx);
  const { campaignId: id } = params;
  const cursor = cursorSchema.parse(ctx.query['cursor']);
  const doing = { site, ctx, visitor };
  const [{ name, kind }, { items, next }] = await Promise.all([
    operate(doing, 'getCampaign', { params }),
    operate(doing, 'listCampaignRows', { params, query: { limit: pageSize, ...(cursor === undefined ? {} : { cursor }) } }),
  ]);
  const listHref = consoleHref(site, campaignPath(id, '/rows'));
  visitor.show({
    page: 'console/campaign-rows',
    data: {
      name,
      campaignHref: consoleHref(site, campaignPath(id)),
      isCards: kind === 'cards',
      rows: items.map((row) => ({
        ...{ position: row.position, email: row.email ?? undefined, name: row.name ?? undefined, state: row.state },
        failure: row.failure ?? undefined,
        at: lastOf(row),
        invitationHref:
          row.invitationId === null ? undefined : consoleHref(site, `/admin/invitations/${encodeURIComponent(row.invitationId)}`),
        nameHref: consoleHref(site, campaignPath(id, `/rows/${row.position}`)),
      })),
      startHref: cursor === undefined ? undefined : listHref,
      nextHref: next && `${listHref}?${new URLSearchParams({ cursor: next })}`,
    },
  });
}

/** When it came into its state. */
function lastOf(row: { readonly state: string }): Date | undefined {
  const at = (row as unknown as Record<string, string | null | undefined>)[`${row.state}At`];
  return at ? new Date(at) : undefined;
}

export async function showRow(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  await rowPage(site, ctx, { visitor, errors: {} });
}

type RowPage = { readonly visitor: Visitor; readonly typed?: Fields; readonly errors: FieldErrors };

async function rowPage(site: ConsoleSite, ctx: Context, { visitor, typed, errors }: RowPage): Promise<void> {
  const params = paramsOf(ctx);
  const position = Number(ctx['params']['position']);
  const doing = { site, ctx, visitor };
  const campaign = await operate(doing, 'getCampaign', { params });
  const row = await operate(doing, 'getCampaignRow', { params: { ...params, position } });
  const data = {
    ...consoleForm(site, visitor, campaignPath(campaign.id, `/rows/${position}`)),
    campaignName: campaign.name,
    position,
    typed: typed ?? { name: row.name ?? '' },
    errors,
    campaignHref: consoleHref(site, campaignPath(campaign.id)),
    rowsHref: consoleHref(site, campaignPath(campaign.id, '/rows')),
  };
  visitor.show({ page: 'console/campaign-row', data, status: formStatus(errors) });
}

const nameForm = z.strictObject({ name: z.literal('').or(lineOfText(200)) });

export async function nameRow(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const typed = await readConsoleForm(site, ctx, visitor);
  const form = checkForm(nameForm, typed);
  if (!form.ok) return rowPage(site, ctx, { visitor, typed, errors: form.errors });
  const params = { ...paramsOf(ctx), position: Number(ctx['params']['position']) };
  await operate({ site, ctx, visitor }, 'nameCampaignRow', { params, body: form.value });
  leadOn(site, ctx, { to: campaignPath(params.campaignId, '/rows'), done: 'saved' });
}

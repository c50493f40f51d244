/** `/admin/approvals`: everybody who asked to join and waits, and about whom whoever looks may decide; several at once. */
import type { Context } from 'koa';
import { z } from 'zod';
import { leadTo } from '../lib/answer.ts';
import type { FieldErrors } from '../lib/form.ts';
import { cursorSchema } from './cursor.ts';
import { type Answered, codeOf, tellAnswers } from './answers.ts';
import { consoleForm, consoleHref, type ConsoleForm, pickedOf, readConsoleForm } from './forms.ts';
import { operate } from './operate.ts';
import type { ConsoleSite, Visitor } from './site.ts';
import { leadToNothing, leadToStart, listAt, placeIn } from './way-back.ts';

export type WaitingPerson = {
  /** Of the invitation and of the person. */
  readonly id: string;
  readonly name: string;
  readonly email: string | undefined;
  readonly href: string | undefined;
  /** As its inviter calls it, else what it gives. */
  readonly invitation: string;
  readonly invitationHref: string;
  readonly askedAt: Date;
  readonly lapsesAt: Date;
};

export type ApprovalsData = {
  'console/approvals': {
    readonly waiting: readonly WaitingPerson[];
    readonly pick: ConsoleForm;
    /** Of this page; empty: the first. Those who were chosen are looked for there. */
    readonly cursor: string;
    readonly isNothingChosen: boolean;
    readonly startHref: string | undefined;
    readonly nextHref: string | undefined;
    readonly invitationsHref: string;
  };
  'console/approvals-reject': ConsoleForm & {
    readonly names: readonly string[];
    readonly ids: string;
    readonly cursor: string;
    readonly errors: FieldErrors;
    readonly backHref: string;
  };
};

const pageSize = 50;
const idsSchema = z
  .string()
  .max(30_000)
  .catch('')
  .transform((text) => [...new Set(text.split(',').filter((id) => /^[^~]+~[^~]+$/.test(id)))].slice(0, 200));

type Wire = { readonly invitationId: string; readonly accountId: string };

const idOf = ({ invitationId, accountId }: Wire) => `${invitationId}~${accountId}`;

function paramsOf(id: string): Wire {
  const [invitationId = '', accountId = ''] = id.split('~');
  return { invitationId, accountId };
}

const cursorOf = (typed: unknown): string => cursorSchema.parse(typed) ?? '';

const listOf = (cursor: string) => listAt('/admin/approvals', placeIn({ cursor }));

export async function showApprovals(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const cursor = cursorOf(ctx.query['cursor']);
  const query = { limit: pageSize, ...(cursor === '' ? {} : { cursor }) };
  const { items, next } = await operate({ site, ctx, visitor }, 'listWaitingApprovals', { query });
  const startHref = consoleHref(site, '/admin/approvals');
  if (cursor && items.length === 0 && !next) return leadToStart(ctx, startHref);
  visitor.show({
    page: 'console/approvals',
    data: {
      waiting: items.map((one) => ({
        id: idOf(one),
        name: one.name ?? one.accountId,
        email: one.email ?? undefined,
        href: visitor.caller.isAdmin ? consoleHref(site, `/admin/people/${encodeURIComponent(one.accountId)}`) : undefined,
        invitation: one.label || one.grants.map((grant) => grant.replace(/:member$/, '')).join(', '),
        invitationHref: consoleHref(site, `/admin/invitations/${encodeURIComponent(one.invitationId)}`),
        askedAt: new Date(one.askedAt),
        lapsesAt: new Date(one.lapsesAt),
      })),
      pick: consoleForm(site, visitor, '/admin/approvals/decide'),
      cursor,
      isNothingChosen: ctx.query['nothing'] === 'yes',
      startHref: cursor === '' ? undefined : startHref,
      nextHref: next && consoleHref(site, listOf(next)),
      invitationsHref: consoleHref(site, '/admin/invitations'),
    },
  });
}

/** Letting in is done at once; turning down, of which they are told by mail, is asked about first. */
export async function decideApprovals(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const fields = await readConsoleForm(site, ctx, visitor);
  const ids = idsSchema.parse(fields['ids'] ?? pickedOf(fields).join(','));
  const cursor = cursorOf(fields['cursor']);
  if (ids.length === 0) return leadToNothing(site, ctx, listOf(cursor));
  if (fields['deed'] === 'ask') {
    const query = placeIn({ ids: ids.join(','), cursor });
    return leadTo(ctx, `${consoleHref(site, '/admin/approvals/reject')}?${query}`);
  }
  await decide(site, ctx, { visitor, ids, cursor, deed: fields['deed'] === 'reject' ? 'rejectApproval' : 'approveApproval' });
}

type Deciding = Chosen & { readonly deed: 'approveApproval' | 'rejectApproval' };

async function decide(site: ConsoleSite, ctx: Context, { visitor, ids, cursor, deed }: Deciding): Promise<void> {
  const names = await namesFor(site, ctx, { visitor, ids, cursor });
  const answers: Answered[] = [];
  for (const id of ids) {
    const params = paramsOf(id);
    const code = await codeOf(() => operate({ site, ctx, visitor }, deed, { params }));
    answers.push({
      name: names.get(id) ?? params.accountId,
      path: `/admin/invitations/${encodeURIComponent(params.invitationId)}` as const,
      code,
    });
  }
  await tellAnswers(site, ctx, {
    visitor,
    area: 'approvals',
    place: placeIn({ cursor }),
    answers,
    done: deed === 'approveApproval' ? 'approved' : 'rejected',
  });
}

type Chosen = { readonly visitor: Visitor; readonly ids: readonly string[]; readonly cursor: string };

/** Of those among them who wait and about whom they may decide, from that page on: before it there may be any number. */
async function namesFor(site: ConsoleSite, ctx: Context, { visitor, ids, cursor }: Chosen): Promise<ReadonlyMap<string, string>> {
  const query = { limit: 200, ...(cursor === '' ? {} : { cursor }) };
  const { items } = await operate({ site, ctx, visitor }, 'listWaitingApprovals', { query });
  return new Map(items.filter((one) => ids.includes(idOf(one))).map((one) => [idOf(one), one.name ?? one.email ?? one.accountId]));
}

export async function askToReject(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const cursor = cursorOf(ctx.query['cursor']);
  const names = await namesFor(site, ctx, { visitor, ids: idsSchema.parse(ctx.query['ids']), cursor });
  const data = {
    ...consoleForm(site, visitor, '/admin/approvals/decide'),
    names: [...names.values()],
    ids: [...names.keys()].join(','),
    cursor,
    errors: {},
    backHref: consoleHref(site, listOf(cursor)),
  };
  visitor.show({ page: 'console/approvals-reject', data });
}

/** What campaigns look like to other programs: what one is to be, how it is going, and what became of each row. */
import { z } from 'zod';
import { accountOf } from '../account/manage.ts';
import { type CampaignRow, type CampaignSummary, type RowOutcome, type RowState, steps } from '../campaign/campaign.ts';
import { type CampaignDraft, type CampaignSource, type CampaignWish, mostCards, mostRows } from '../campaign/draft.ts';
import type { Card } from '../campaign/make.ts';
import { inviterFor } from './access.ts';
import { inviterNameFor, requireTheirs } from './invitation-wish.ts';
import type { Call } from './operation.ts';
import { groupGrant, instant, line, lines, rightName, said, slug, uuid } from './schema.ts';

const ends = z
  .union([z.strictObject({ at: instant }), z.strictObject({ afterSeconds: z.int().min(60).max(3_155_760_000) })])
  .meta({ description: 'When what is given ends again: on a day, or so long after accepting' });

/** What each row is given; what goes together is asked by the use case. */
export const campaignWish = z
  .strictObject({
    groups: z.array(groupGrant).max(50).optional(),
    rights: z.array(rightName).max(50).optional(),
    ends: ends.optional(),
    template: slug.optional().meta({ description: 'For all that is not said here' }),
    startsAt: instant.optional(),
    expiresAt: instant.optional().meta({ description: 'Default: seven days after each is made, or as the template says' }),
    label: line(200).optional(),
    inviterName: line(100).optional(),
    message: lines(500).optional(),
    locale: line(20).optional(),
    landingClientId: line(200).optional(),
    emailRule: z.enum(['exact', 'verify', 'any']).optional(),
    domains: z.array(line(260)).max(50).optional(),
    acr: line(200).optional(),
    approval: z.boolean().optional(),
    reminders: z.boolean().optional(),
    pin: z.literal(true).optional().meta({ description: 'Each card gets a PIN of its own' }),
  })
  .meta({ id: 'CampaignWish' });

export const campaignName = line(100).min(1);
const inviter = line(255).min(1).optional().meta({ description: 'The account that invites; only an app that acts for itself can say' });

/** What cannot be used is answered by its row, and takes no other along. */
const cell = z.string().max(1_000);

const draftShape = {
  inviterId: inviter,
  wish: campaignWish,
  addresses: z
    .array(cell)
    .min(1)
    .max(mostRows)
    .optional()
    .meta({ description: 'Each is mailed; perhaps with a name: `Ada Park <ada@example.org>`' }),
  rows: z
    .array(z.strictObject({ email: cell, name: cell.optional(), key: cell.optional() }))
    .min(1)
    .max(mostRows)
    .optional()
    .meta({ description: 'Each is mailed. `key`: what makes it the same row; without it the address' }),
  cards: z.int().min(1).max(mostCards).optional().meta({ description: 'So many links to hand out' }),
};

type Rows = { readonly addresses?: unknown; readonly rows?: unknown; readonly cards?: unknown };

const hasOneSource = ({ addresses, rows, cards }: Rows) => [addresses, rows, cards].filter((given) => given !== undefined).length === 1;
const sourceComplaint = 'needs one of addresses, rows and cards';

export const newCampaign = z.strictObject({ name: campaignName, ...draftShape }).refine(hasOneSource, sourceComplaint);
export const checkedCampaign = z.strictObject({ name: campaignName.optional(), ...draftShape }).refine(hasOneSource, sourceComplaint);

type Given = z.output<typeof checkedCampaign>;

/** Throws as `draftFrom`. */
export function draftOf(call: Call, { name = 'dry run', inviterId, wish, ...source }: Given): Promise<CampaignDraft> {
  return draftFrom(call, { name, inviterId, wish, rows: sourceOf(source) });
}

type Drafted = {
  readonly name: string;
  readonly inviterId: string | undefined;
  readonly wish: z.output<typeof campaignWish>;
  readonly rows: CampaignSource;
};

/** Throws `access_denied`, `account_not_found`, and what an invitation of that kind is refused for. */
export async function draftFrom(call: Call, { name, inviterId: wished, wish, rows }: Drafted): Promise<CampaignDraft> {
  const inviterId = inviterFor(call.caller, wished);
  if (wished !== undefined) await accountOf(call.database, { accountId: wished });
  await requireTheirs(call, wish);
  const inviterName = await inviterNameFor(call, wish);
  return { name, ...said({ inviterId }), wish: said({ ...wish, inviterName }) as CampaignWish, rows };
}

function sourceOf({ addresses, rows, cards }: Pick<Given, 'addresses' | 'rows' | 'cards'>): CampaignSource {
  if (cards !== undefined) return { cards };
  return { people: rows ?? (addresses ?? []).map((email) => ({ email })) };
}

const count = z.int();

export const campaign = z
  .object({
    id: uuid,
    name: z.string(),
    kind: z.enum(['mailed', 'cards']),
    state: z.enum(['reading', 'running', 'cancelled', 'done']),
    inviterId: z.string().nullable().meta({ description: 'In whose name each is made; null: the operator' }),
    groups: z.array(z.string()),
    rights: z.array(z.string()),
    rows: count,
    waiting: count,
    made: count,
    failed: count,
    createdAt: instant,
    storedAt: instant.nullable().meta({ description: 'null: its rows are still being read' }),
    cancelledAt: instant.nullable(),
  })
  .meta({ id: 'Campaign' });

export function toWire({ inviterId, storedAt, cancelledAt, groups, rights, ...rest }: CampaignSummary): z.output<typeof campaign> {
  return {
    ...rest,
    groups: [...groups],
    rights: [...rights],
    inviterId: inviterId ?? null,
    storedAt: storedAt ?? null,
    cancelledAt: cancelledAt ?? null,
  };
}

export const rowAnswer = z
  .object({
    position: z.int().meta({ description: 'The line of the file, the number of the address or of the card; 1 is the first' }),
    answer: z.string().meta({ description: '`valid`, or a code that says why not', examples: ['valid', 'not_an_email', 'already_member'] }),
    email: z.string().nullable(),
    name: z.string().nullable(),
  })
  .meta({ id: 'RowAnswer' });

export function toAnswer({ position, answer, email, name }: RowOutcome): z.output<typeof rowAnswer> {
  return { position, answer, email: email ?? null, name: name ?? null };
}

const rowStates = [
  'waiting',
  'failed',
  'made',
  'mailed',
  'bounced',
  'opened',
  'started',
  'joined',
  'declined',
  'expired',
  'revoked',
] as const;

const times = Object.fromEntries([...steps, 'failed' as const].map((step) => [`${step}At`, instant.nullable()])) as Record<
  `${(typeof steps)[number]}At` | 'failedAt',
  z.ZodNullable<typeof instant>
>;

export const campaignRow = z
  .object({
    position: z.int(),
    key: z.string().nullable(),
    email: z.string().nullable(),
    name: z.string().nullable(),
    invitationId: z.string().nullable(),
    state: z
      .enum(rowStates satisfies readonly RowState[])
      .meta({ description: 'The furthest step. `opened` is a hint: scanners open links as well' }),
    failure: z.string().nullable(),
    ...times,
  })
  .meta({ id: 'CampaignRow' });

export function toRow(row: CampaignRow): z.output<typeof campaignRow> {
  const names = Object.keys(campaignRow.shape) as (keyof CampaignRow)[];
  return Object.fromEntries(names.map((name) => [name, row[name] ?? null])) as z.output<typeof campaignRow>;
}

const counts = Object.fromEntries(steps.map((step) => [step, count])) as Record<(typeof steps)[number], typeof count>;

export const report = z.object({
  campaign,
  totals: z.object(counts).meta({ description: 'How many rows came as far; one is counted under each step that it took' }),
  days: z.array(z.object({ day: z.iso.date(), ...counts })).meta({ description: 'In UTC; days on which nothing happened are left out' }),
});

const card = z
  .object({
    position: z.int(),
    invitationId: z.string(),
    name: z.string().nullable(),
    url: z.string(),
    code: z.string(),
    pin: z.string().nullable(),
    expiresAt: instant,
    places: z.array(z.string()).meta({ description: 'Names of the groups, or of what else it gives' }),
  })
  .meta({ id: 'Card' });

export const ran = z.object({
  ...campaign.shape,
  cards: z.array(card).meta({ description: 'Those that were made now. Whoever has one of their links can join: they are told this once' }),
  sheet: z.string().nullable().meta({ description: 'The cards as a page to be printed (HTML), if it was asked for' }),
});

export function toCard({ name, pin, places, ...rest }: Card): z.output<typeof card> {
  return { ...rest, name: name ?? null, pin: pin ?? null, places: [...places] };
}

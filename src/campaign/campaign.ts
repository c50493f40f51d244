/**
 * Campaigns (design §4G): many invitations made in one go, each for one person with a credential of its own, so that a
 * leak names its source. Owns what a campaign and its rows are, and what state they are in. Does not own what an
 * invitation is, nor who may make one: each row goes the ordinary way of `invitation/issue.ts`. Neighbours: `rows.ts` and
 * `draft.ts` (from what was given to rows), `create.ts`, `make.ts` (from rows to invitations), `report.ts`, `sheet.ts`.
 *
 *     refused as it was read ─► failed
 *     waiting ──► made ──► mailed or bounced ──► opened ──► started ──► joined, declined, expired or revoked
 *        └──────► failed   with a code; can be tried again
 */
import type { FailureCode } from '../errors.ts';
import type { PolicyRule } from '../group/policy.ts';

/** `mailed`: each row has an address. `cards`: links to hand out; who got one can be said later. */
export type CampaignKind = 'mailed' | 'cards';

export type Campaign = {
  readonly id: string;
  readonly name: string;
  readonly kind: CampaignKind;
  /** Account in whose name the invitations are made; undefined: the operator. */
  readonly inviterId: string | undefined;
  /** What each row gives, as it was wished for: `choir`, `choir:manager`. */
  readonly groups: readonly string[];
  readonly rights: readonly string[];
  readonly createdAt: Date;
  /** Undefined: its rows are still being read. */
  readonly storedAt: Date | undefined;
  readonly cancelledAt: Date | undefined;
};

export type Progress = { readonly rows: number; readonly waiting: number; readonly made: number; readonly failed: number };

export type CampaignSummary = Campaign & Progress & { readonly state: CampaignState };

export type CampaignState = 'reading' | 'running' | 'cancelled' | 'done';

export function stateOfCampaign({ storedAt, cancelledAt, waiting }: Pick<CampaignSummary, 'storedAt' | 'cancelledAt' | 'waiting'>) {
  if (!storedAt) return 'reading';
  if (cancelledAt) return 'cancelled';
  return waiting > 0 ? 'running' : 'done';
}

/** Why nothing was made of a row, before anybody was asked whether it may be. */
export type RowProblem =
  | 'email_required'
  | 'email_too_long'
  | 'not_an_email'
  | 'name_not_plain'
  | 'key_not_plain'
  /** Quotes that do not close, or a NUL. */
  | 'malformed'
  | 'row_too_long'
  /** No UTF-8, and looks like Latin-1 or Windows-1252. */
  | 'latin1'
  | 'not_utf8'
  | 'too_many_rows'
  /** The address, or the row's own key, stands in an earlier row. */
  | 'duplicate'
  | 'already_member'
  /** There is an open invitation to the same for this address. */
  | 'already_invited'
  | 'email_domain_not_allowed';

export type RowAnswer = {
  /** The line of the file, the number of the address or of the card; 1 is the first. */
  readonly position: number;
  readonly answer: 'valid' | RowProblem;
  /** As it will be used. Undefined: there is none, or it cannot be read. */
  readonly email: string | undefined;
  readonly name: string | undefined;
};

/** When what happened to a row happened; see `RowState`. */
export type RowFacts = {
  readonly madeAt: Date | undefined;
  readonly mailedAt: Date | undefined;
  readonly bouncedAt: Date | undefined;
  readonly openedAt: Date | undefined;
  readonly startedAt: Date | undefined;
  readonly joinedAt: Date | undefined;
  readonly declinedAt: Date | undefined;
  readonly expiredAt: Date | undefined;
  readonly revokedAt: Date | undefined;
};

export type RowState =
  | 'waiting'
  | 'failed'
  | 'made'
  /** The mail server took it. */
  | 'mailed'
  /** The mail server refused it, or it was tried for too long. */
  | 'bounced'
  /** A hint alone: mail scanners and link previews open links as well. */
  | 'opened'
  /** Somebody chose to go on from the first page. */
  | 'started'
  | 'joined'
  | 'declined'
  | 'expired'
  | 'revoked';

export type CampaignRow = RowFacts & {
  readonly position: number;
  /** Undefined: refused as it was read. */
  readonly key: string | undefined;
  readonly email: string | undefined;
  readonly name: string | undefined;
  readonly invitationId: string | undefined;
  readonly failedAt: Date | undefined;
  /** Of a policy, with the rule that it broke. */
  readonly failure: RowProblem | FailureCode | `policy_refused:${PolicyRule}` | undefined;
  readonly state: RowState;
};

/** What was answered to a row, or, if it could not be made since, why. */
export type RowOutcome = Omit<RowAnswer, 'answer'> & { readonly answer: 'valid' | NonNullable<CampaignRow['failure']> };

/** What tells most: that somebody is in, then that nobody can come in any more, then how far they came. */
const inOrder = ['joined', 'revoked', 'expired', 'declined', 'started', 'opened', 'bounced', 'mailed', 'made'] as const;

export function stateOfRow(row: RowFacts & Pick<CampaignRow, 'failedAt'>): RowState {
  if (row.failedAt) return 'failed';
  return inOrder.find((step) => row[`${step}At`] !== undefined) ?? 'waiting';
}

/** The columns of the report, in the order of a row's life. */
export const steps = ['made', 'mailed', 'bounced', 'opened', 'started', 'joined', 'declined', 'expired', 'revoked'] as const;

export type Step = (typeof steps)[number];

export type Report = {
  readonly campaign: CampaignSummary;
  /** How many rows came as far; `opened` is a hint. A row is counted under each step that it took. */
  readonly totals: Readonly<Record<Step, number>>;
  /** Days (UTC) on which anything happened, in order. */
  readonly days: readonly (Readonly<Record<Step, number>> & { readonly day: string })[];
};

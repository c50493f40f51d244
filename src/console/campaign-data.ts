/** The pages about campaigns, and what each is given. The templates are `views/console/campaign*.eta`. */
import type { CampaignKind, CampaignRow, CampaignState, Step } from '../campaign/campaign.ts';
import type { Invitable } from '../invitation/invitable.ts';
import type { FieldErrors, Fields } from '../lib/form.ts';
import type { ConsoleForm } from './forms.ts';

export type Progress = Readonly<Record<'rows' | 'waiting' | 'made' | 'failed', number>>;

export type ListedCampaign = Progress & {
  readonly id: string;
  readonly name: string;
  readonly kind: CampaignKind;
  readonly state: CampaignState;
  readonly href: string;
  readonly createdAt: Date;
  /** What each gives, as people read it. */
  readonly gives: readonly string[];
};

export type CheckedRow = {
  readonly position: number;
  readonly answer: string;
  readonly email: string | undefined;
  readonly name: string | undefined;
};

/** What a dry run found. */
export type DryRun = {
  readonly valid: number;
  readonly others: readonly { readonly answer: string; readonly count: number }[];
  /** The first of those that nothing will be made of. */
  readonly wrong: readonly CheckedRow[];
  /** The first of the others. */
  readonly sample: readonly CheckedRow[];
};

export type CsvColumn = { readonly number: number; readonly name: string; readonly example: string };
export type ColumnChoice = Readonly<Record<'email' | 'name' | 'key', string>>;

/** Undefined: there is nothing of the kind to be done, or not by this visitor. */
export type CampaignDeeds = {
  readonly run: ConsoleForm | undefined;
  /** Of one that was cancelled. */
  readonly resume: ConsoleForm | undefined;
  /** Where something failed that may go well another time. */
  readonly retry: ConsoleForm | undefined;
  readonly cancelHref: string | undefined;
  /** Cards that were made a while ago, still to be printed. */
  readonly cardsHref: string | undefined;
};

export type CampaignReportData = {
  readonly campaign: ListedCampaign;
  readonly inviterName: string | undefined;
  readonly deeds: CampaignDeeds;
  readonly progressHref: string;
  readonly totals: Readonly<Record<Step, number>>;
  readonly joins: readonly { readonly day: Date; readonly count: number }[];
  /** Why nothing came of rows; the most frequent first. */
  readonly failures: readonly { readonly code: string; readonly count: number }[];
  readonly hrefs: Readonly<Record<'rows' | 'export' | 'invitations', string>>;
};

export type CampaignPagesData = {
  'console/campaigns': {
    readonly campaigns: readonly ListedCampaign[];
    readonly newHref: string;
    readonly startHref: string | undefined;
    readonly nextHref: string | undefined;
  };
  'console/campaign-new': ConsoleForm & {
    readonly typed: Fields;
    readonly errors: FieldErrors;
    readonly groups: readonly Pick<Invitable, 'slug' | 'name' | 'roles'>[];
    readonly rights: readonly string[];
    readonly templates: readonly string[];
    readonly locales: readonly string[];
    readonly lifetimes: readonly number[];
    /** Of a file that came with an earlier try. */
    readonly fileName: string | undefined;
    readonly mostRows: number;
    readonly mostCards: number;
    readonly listHref: string;
  };
  'console/campaign-check': ConsoleForm & {
    readonly name: string;
    readonly source: 'pasted' | 'file' | 'cards';
    readonly fileName: string | undefined;
    /** Empty: there is nothing to be mapped. */
    readonly columns: readonly CsvColumn[];
    readonly chosen: ColumnChoice;
    readonly dryRun: DryRun | undefined;
    /** Why there was none. */
    readonly complaint: string | undefined;
    readonly gives: readonly string[];
    readonly checkHref: string;
    readonly changeHref: string;
  };
  'console/campaign': CampaignReportData;
  'console/campaign-cancel': ConsoleForm & { readonly campaign: ListedCampaign; readonly backHref: string };
  'console/campaign-cards': ConsoleForm & {
    readonly name: string;
    readonly count: number;
    readonly sheetHref: string;
    readonly campaignHref: string;
  };
  'console/campaign-rows': {
    readonly name: string;
    readonly campaignHref: string;
    readonly isCards: boolean;
    readonly rows: readonly {
      readonly position: number;
      readonly email: string | undefined;
      readonly name: string | undefined;
      readonly state: CampaignRow['state'];
      readonly failure: string | undefined;
      readonly at: Date | undefined;
      readonly invitationHref: string | undefined;
      readonly nameHref: string;
    }[];
    readonly startHref: string | undefined;
    readonly nextHref: string | undefined;
  };
  'console/campaign-row': ConsoleForm & {
    readonly campaignName: string;
    readonly position: number;
    readonly typed: Fields;
    readonly errors: FieldErrors;
    readonly campaignHref: string;
    readonly rowsHref: string;
  };
};

/** The pages of the console. The templates are `views/console/*.eta`, in the layout `views/console.eta`. */
import type { AppsData } from './app-data.ts';
import type { ApprovalsData } from './approvals.ts';
import type { InvitationFrames, InvitationsData } from './invitation-data.ts';
import type { DesksData } from './request-desks.ts';
import type { RequestsData } from './requests.ts';
import type { CampaignPagesData } from './campaign-data.ts';
import type { GroupData } from './group-data.ts';
import type { PeopleData } from './people-data.ts';
import type { RightData } from './right-data.ts';
import type { SettingsData } from './setting-data.ts';
import type { Break } from '../audit/verify.ts';
import type { FailureCode } from '../errors.ts';
import type { ConsoleForm } from './forms.ts';
import type { ConsoleFrame } from './frame.ts';

type PersonOf = { readonly name: string; readonly email: string };

/** Inside the navigation: what each says itself. `console` is added by whoever shows it. */
export type ConsoleData = Own &
  InvitationsData &
  ApprovalsData &
  RequestsData &
  DesksData &
  GroupData &
  RightData &
  PeopleData &
  AppsData &
  SettingsData &
  CampaignPagesData;

type Own = {
  /** What was typed, after signing in again. */
  'console/held': ConsoleForm & {
    readonly fields: Readonly<Record<string, string>>;
    /** Undefined: as forms are sent usually. */
    readonly encoding: 'multipart/form-data' | undefined;
    readonly backHref: string;
  };
  'console/error': { readonly code: FailureCode; readonly backHref: string };
  'console/dashboard': DashboardData;
  'console/audit': AuditData;
  'console/audit-chain': {
    readonly eventCount: number;
    readonly head: string | undefined;
    readonly broken: { readonly kind: Break['kind']; readonly seq: number | undefined; readonly eventId: string | undefined } | undefined;
    readonly typed: string;
    readonly isMistyped: boolean;
    readonly action: string;
    readonly listHref: string;
  };
};

export type Task = {
  readonly kind: 'approvals' | 'requests' | 'mailOff' | 'mailsGivenUp' | 'endingSoon' | 'oldKey';
  readonly count: number;
  readonly href: string;
};

/** `isMore`: it was not counted to the end. */
type Weeks = { readonly now: number; readonly before: number; readonly isMore: boolean };

export type DashboardData = {
  readonly open: { readonly count: number; readonly isMore: boolean };
  readonly joined: Weeks;
  readonly mails: Weeks;
  readonly waiting: { readonly count: number; readonly isMore: boolean; readonly since: Date | undefined };
  readonly days: readonly { readonly day: Date; readonly count: number; readonly isMore: boolean }[];
  readonly tasks: readonly Task[];
  readonly recent: readonly AuditEntry[];
  readonly inviteHref: string;
  readonly auditHref: string;
  readonly hrefs: Readonly<Record<'open' | 'joined' | 'mails' | 'waiting', string>>;
};

export type AuditEntry = {
  readonly id: string;
  /** Undefined: it is outside the chain. */
  readonly seq: number | undefined;
  readonly at: Date;
  readonly action: string;
  readonly actor: string;
  /** Undefined: no account of that id. */
  readonly actorName: string | undefined;
  readonly actorHref: string;
  readonly subject: string;
  readonly subjectName: string | undefined;
  readonly subjectHref: string;
  readonly addressBlock: string | undefined;
  readonly requestId: string | undefined;
  readonly detail: readonly { readonly label: string; readonly text: string }[];
};

export type AuditData = {
  /** As it is in the address. */
  readonly filter: Readonly<Record<'action' | 'actor' | 'subject' | 'from' | 'until', string>>;
  readonly isNarrowed: boolean;
  readonly actions: readonly string[];
  readonly entries: readonly AuditEntry[];
  readonly listHref: string;
  readonly startHref: string | undefined;
  readonly nextHref: string | undefined;
  readonly exportHrefs: Readonly<Record<'csv' | 'jsonl', string>>;
  readonly chainHref: string;
};

type Framed = { [Name in keyof ConsoleData]: ConsoleData[Name] & { readonly console: ConsoleFrame } };

export type ConsolePages = Framed &
  InvitationFrames & {
    /** One moment: the next request comes from ourselves, and brings the session along. */
    'console/go-on': { readonly href: string };
    /** Signing in came to nothing. */
    'console/stopped': { readonly againHref: string };
    /** Signed in, and nothing here is for them. */
    'console/no-reach': { readonly account: PersonOf; readonly portalHref: string; readonly signOutHref: string };
    'console/signed-out': { readonly againHref: string; readonly signOutHref: string };
  };

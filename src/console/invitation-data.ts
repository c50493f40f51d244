/** The pages about invitations, and what each is given. The templates are `views/console/invitation*.eta`. */
import type { FailureCode } from '../errors.ts';
import type { Invitable } from '../invitation/invitable.ts';
import type { FieldErrors, Fields } from '../lib/form.ts';
import type { ConsoleForm } from './forms.ts';

/** A word for how things stand with one, see `views/part/console/state.eta`. */
export type Chip =
  | 'scheduled'
  | 'open'
  | 'sent'
  | 'opened'
  | 'declined'
  | 'bounced'
  | 'joined'
  | 'full'
  | 'expired'
  | 'revoked'
  | 'suspended';

export type ListedInvitation = {
  readonly id: string;
  readonly href: string;
  /** Its inviter's own name for it; empty: none. */
  readonly label: string;
  readonly email: string | undefined;
  readonly places: readonly { readonly name: string; readonly role: string | undefined }[];
  readonly chip: Chip;
  readonly usedCount: number;
  readonly maxUses: number;
  readonly waitingCount: number;
  readonly expiresAt: Date;
  readonly inviterName: string | undefined;
};

export type InvitationFilters = Readonly<Record<'state' | 'group' | 'campaign' | 'inviter' | 'email' | 'label' | 'from' | 'until', string>>;

type Choice = { readonly value: string; readonly label: string };

export type InvitationListData = {
  readonly filter: InvitationFilters;
  readonly isNarrowed: boolean;
  readonly groups: readonly Choice[];
  readonly campaigns: readonly Choice[];
  /** Whether other people's are there at all. */
  readonly isAdmin: boolean;
  readonly invitations: readonly ListedInvitation[];
  readonly pick: ConsoleForm;
  /** In the list, see `placeIn`. */
  readonly place: string;
  /** A button was pressed, and nothing was chosen. */
  readonly isNothingChosen: boolean;
  readonly listHref: string;
  readonly newHref: string;
  readonly startHref: string | undefined;
  readonly nextHref: string | undefined;
  readonly exportHref: string;
};

export type BulkDeed = 'revoke' | 'resend' | 'extend';

/** What became of each of many. */
export type AnswersData = {
  readonly area: 'invitations' | 'approvals' | 'requests';
  readonly answers: readonly { readonly name: string; readonly href: string | undefined; readonly code: FailureCode | undefined }[];
  readonly backHref: string;
};

export type TimelineItem = {
  readonly at: Date;
  readonly what: string;
  readonly name: string | undefined;
  readonly who: string;
  readonly whoHref: string | undefined;
  readonly about: string | undefined;
};

type Person = { readonly name: string; readonly email: string | undefined; readonly at: Date; readonly href: string | undefined };

export const invitationDeeds = ['extend', 'change', 'resend', 'share', 'reissue', 'confirm', 'adopt', 'revoke', 'undo'] as const;
export type InvitationDeed = (typeof invitationDeeds)[number];

export type InvitationDetail = ListedInvitation & {
  readonly message: string;
  readonly domains: readonly string[];
  readonly emailRule: 'exact' | 'verify' | 'any' | undefined;
  readonly needsApproval: boolean;
  readonly hasPin: boolean;
  readonly awaitsConfirmation: boolean;
  readonly startsAt: Date | undefined;
  readonly createdAt: Date;
  readonly locale: string | undefined;
  readonly landing: string | undefined;
};

export type InvitationPageData = {
  readonly invitation: InvitationDetail;
  readonly deeds: readonly { readonly deed: InvitationDeed; readonly href: string }[];
  /** The link can be shown once more. */
  readonly shareHref: string | undefined;
  readonly replacedHref: string | undefined;
  readonly replacesHref: string | undefined;
  readonly campaignHref: string | undefined;
  /** Undefined: whoever looks only made it, and does not run its groups. */
  readonly people:
    | {
        readonly timeline: readonly TimelineItem[];
        readonly joined: readonly Person[];
        /** More have joined than are named here. */
        readonly isMore: boolean;
        readonly waiting: readonly Person[];
      }
    | undefined;
  readonly tokens: readonly { readonly channel: 'mail' | 'link'; readonly createdAt: Date; readonly supersededAt: Date | undefined }[];
  readonly leaks: readonly string[];
  readonly approvalsHref: string;
};

export type CheckedAddresses = {
  readonly valid: number;
  readonly others: readonly { readonly answer: string; readonly count: number }[];
  /** The first of those that nothing can be made of. */
  readonly wrong: readonly { readonly text: string; readonly answer: string }[];
};

export type PreviewTab = 'mail' | 'page' | 'apps';

export type InvitationNewData = ConsoleForm & {
  readonly key: string;
  readonly typed: Fields;
  readonly errors: FieldErrors;
  readonly groups: readonly Pick<Invitable, 'slug' | 'name' | 'roles'>[];
  readonly rights: readonly string[];
  readonly templates: readonly string[];
  readonly apps: readonly { readonly clientId: string; readonly name: string }[];
  /** Whose tokens can be looked at, by admins alone. */
  readonly tokenApps: readonly { readonly clientId: string; readonly name: string }[];
  readonly locales: readonly string[];
  readonly strengths: readonly string[];
  readonly checked: CheckedAddresses | undefined;
  readonly preview: { readonly tab: PreviewTab; readonly src: string } | undefined;
  readonly importHref: string;
  readonly listHref: string;
};

export type InvitationsData = {
  'console/invitations': InvitationListData;
  'console/invitations-act': ConsoleForm & {
    readonly deed: BulkDeed;
    readonly names: readonly string[];
    readonly ids: string;
    /** In the list, see `placeIn`. */
    readonly place: string;
    readonly errors: FieldErrors;
    readonly backHref: string;
  };
  'console/answers': AnswersData;
  'console/invitation': InvitationPageData;
  'console/invitation-deed': ConsoleForm & {
    readonly deed: Exclude<InvitationDeed, 'change' | 'undo'>;
    readonly invitation: ListedInvitation;
    readonly errors: FieldErrors;
    readonly backHref: string;
  };
  'console/invitation-change': ConsoleForm & {
    readonly invitation: ListedInvitation & { readonly hasPin: boolean };
    readonly typed: Fields;
    readonly errors: FieldErrors;
    readonly backHref: string;
  };
  'console/invitation-undo': ConsoleForm & {
    readonly invitation: ListedInvitation;
    readonly given: readonly {
      readonly id: string;
      readonly name: string;
      readonly email: string | undefined;
      readonly grants: readonly string[];
    }[];
    /** In the list, see `placeIn`. */
    readonly place: string;
    readonly isNothingChosen: boolean;
    readonly startHref: string | undefined;
    readonly nextHref: string | undefined;
    readonly backHref: string;
  };
  'console/invitation-new': InvitationNewData;
  'console/invitation-share': ConsoleForm & {
    readonly invitation: ListedInvitation;
    readonly link: { readonly url: string; readonly code: string; readonly symbol: string } | undefined;
    readonly pin: string | undefined;
    readonly needsConfirming: boolean;
    readonly seenUntil: Date;
    readonly inviterName: string;
    readonly entry: string;
    readonly screenHref: string;
    readonly svgHref: string;
    readonly pngHref: string;
    readonly backHref: string;
  };
};

/** Outside the navigation. */
export type InvitationFrames = {
  'console/invitation-screen': {
    readonly places: readonly string[];
    readonly code: string;
    readonly url: string;
    readonly symbol: string;
    readonly entry: string;
    readonly used: number;
    readonly most: number;
    readonly expiresAt: Date;
    readonly streamHref: string;
    readonly backHref: string;
  };
  'console/preview-note': {
    readonly note: 'noMail' | 'later' | 'refused';
    readonly complaint: { readonly field: string; readonly code: string } | undefined;
  };
  'console/preview-apps': {
    readonly appName: string | undefined;
    readonly groups: readonly string[];
    readonly entitlements: readonly string[];
    /** As JSON; undefined where none was asked for. */
    readonly idToken: string | undefined;
    readonly refusal: FailureCode | undefined;
  };
};

/** The pages about groups, and what each is given. The templates are `views/console/group*.eta`. */
import type { GroupPolicy } from '../group/policy.ts';
import type { FieldErrors, Fields } from '../lib/form.ts';
import type { ConsoleForm } from './forms.ts';

export type ListedGroup = {
  readonly slug: string;
  readonly name: string;
  readonly href: string;
  /** How many groups are above it, of those that are shown. */
  readonly depth: number;
  readonly memberCount: number;
  /** Null: any number. */
  readonly capacity: number | null;
  readonly sensitive: boolean;
  readonly archived: boolean;
};

export type Choice = { readonly value: string; readonly label: string };

/** What stands above each page of a group. */
export type GroupHead = {
  readonly slug: string;
  readonly name: string;
  readonly archived: boolean;
  /** Undefined: not for this visitor. */
  readonly hrefs: Readonly<Record<'members' | 'policy', string>> & { readonly change: string | undefined };
};

export type RightOfGroup = {
  readonly name: string;
  readonly description: string;
  /** The group that brings it, where it is one above. */
  readonly from: string | undefined;
};

/** To let it bring one of `more`, or no longer one of its `own`. */
export type RightsForm = ConsoleForm & { readonly more: readonly string[]; readonly own: readonly string[] };

/** Why a group is an app's business. */
export type AppTie = 'required' | 'attached' | 'told';
export type AppOfGroup = { readonly name: string; readonly href: string; readonly ties: readonly AppTie[] };

export type ShownMember = {
  readonly name: string | undefined;
  readonly email: string | undefined;
  /** Undefined: people are not this visitor's business. */
  readonly href: string | undefined;
  readonly role: string;
  readonly since: Date;
  readonly until: Date | undefined;
  /** Undefined: given by hand. */
  readonly invitationHref: string | undefined;
  readonly inviterName: string | undefined;
  readonly removeHref: string;
};

export type GroupPageData = {
  readonly head: GroupHead;
  readonly description: string;
  readonly memberCount: number;
  /** No further than this. */
  readonly mostCounted: number;
  readonly capacity: number | null;
  readonly sensitive: boolean;
  readonly parent: { readonly name: string; readonly href: string } | undefined;
  readonly beneath: readonly { readonly name: string; readonly href: string }[];
  readonly rights: readonly RightOfGroup[];
  /** Undefined: rights are the admins’ to give. */
  readonly rightsForm: RightsForm | undefined;
  /** Undefined: apps are not this visitor's business. */
  readonly apps: readonly AppOfGroup[] | undefined;
  readonly members: readonly ShownMember[];
  readonly roles: readonly string[];
  readonly role: string;
  readonly membersHref: string;
  readonly startHref: string | undefined;
  readonly nextHref: string | undefined;
  readonly inviteHref: string;
  /** Undefined: only admins give by hand. */
  readonly addHref: string | undefined;
  readonly requestsHref: string;
};

export type ClaimChange = { readonly app: string; readonly claim: string; readonly before: string; readonly after: string };

/** What would be different for others. */
export type GroupEffects = {
  readonly claims: readonly ClaimChange[];
  readonly gained: readonly string[];
  readonly lost: readonly string[];
  /** Who would run it besides, and who no longer: the names of groups. */
  readonly newAbove: readonly string[];
  readonly oldAbove: readonly string[];
};

export type GroupData = {
  'console/groups': {
    readonly groups: readonly ListedGroup[];
    /** Members are counted no further than this. */
    readonly mostCounted: number;
    readonly find: string;
    readonly listHref: string;
    /** Undefined: only admins make groups. */
    readonly newHref: string | undefined;
  };
  'console/group-new': ConsoleForm & {
    readonly typed: Fields;
    readonly errors: FieldErrors;
    readonly parents: readonly Choice[];
    readonly rights: readonly string[];
  };
  'console/group': GroupPageData;
  'console/group-remove': ConsoleForm & {
    readonly head: GroupHead;
    readonly person: string;
    readonly hidden: Fields;
    readonly role: string;
  };
  'console/group-add': ConsoleForm & { readonly head: GroupHead; readonly typed: Fields; readonly errors: FieldErrors };
  'console/group-policy': ConsoleForm & {
    readonly head: GroupHead;
    readonly policy: GroupPolicy;
    readonly mayChange: boolean;
    readonly typed: Fields;
    readonly errors: FieldErrors;
  };
  'console/group-change': ConsoleForm & {
    readonly head: GroupHead;
    readonly typed: Fields;
    readonly errors: FieldErrors;
    readonly parents: readonly Choice[];
    /** Undefined: nothing was looked at yet. */
    readonly effects: GroupEffects | undefined;
    /** What was looked at, to be sent along. */
    readonly seen: string;
    readonly archiveHref: string;
  };
  'console/group-archive': ConsoleForm & { readonly head: GroupHead; readonly memberCount: number };
};

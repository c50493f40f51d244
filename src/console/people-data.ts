/** The pages about people, and what each is given. The templates are `views/console/people.eta` and `person*.eta`. */
import type { FieldErrors } from '../lib/form.ts';
import type { ConsoleForm } from './forms.ts';
import type { Choice } from './group-data.ts';
import type { ListedInvitation } from './invitation-data.ts';
import type { AuditEntry } from './pages.ts';

export type ListedPerson = {
  readonly name: string;
  readonly email: string;
  readonly href: string;
  readonly since: Date;
  readonly isVerified: boolean;
  readonly isDisabled: boolean;
};

export type PeopleFilter = Readonly<Record<'find' | 'group' | 'disabled', string>>;

/** What stands above each page of a person. */
export type PersonHead = {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly isDisabled: boolean;
  readonly hrefs: Readonly<Record<'overview' | 'access' | 'invitations' | 'log', string>>;
};

/** What they have, and by what. */
export type HeldThing = {
  readonly name: string;
  readonly href: string;
  /** Of a right: undefined. */
  readonly role: string | undefined;
  readonly since: Date;
  readonly until: Date | undefined;
  /** Undefined: given by hand. */
  readonly invitationHref: string | undefined;
  readonly inviterName: string | undefined;
  readonly takeHref: string;
};

export type PersonLink = { readonly name: string; readonly href: string };

export const personDeeds = ['reset', 'disable', 'enable', 'signout', 'revoke', 'delete'] as const;
export type PersonDeed = (typeof personDeeds)[number];

export type PeopleData = {
  'console/people': {
    readonly filter: PeopleFilter;
    readonly isNarrowed: boolean;
    readonly groups: readonly Choice[];
    readonly people: readonly ListedPerson[];
    readonly listHref: string;
    readonly inviteHref: string;
    readonly startHref: string | undefined;
    readonly nextHref: string | undefined;
  };
  'console/person': {
    readonly head: PersonHead;
    readonly since: Date;
    readonly language: string | undefined;
    readonly emails: readonly { readonly email: string; readonly isPrimary: boolean; readonly isVerified: boolean }[];
    readonly cameBy: PersonLink | undefined;
    readonly groups: readonly HeldThing[];
    readonly rights: readonly HeldThing[];
    /** Of a group, or by themselves: all that apps learn. */
    readonly entitlements: readonly string[];
    readonly isMore: boolean;
    readonly dataHref: string;
    readonly deedHrefs: Readonly<Record<PersonDeed, string>>;
  };
  'console/person-access': {
    readonly head: PersonHead;
    readonly sessions: readonly {
      readonly id: string;
      readonly browser: string | undefined;
      readonly system: string | undefined;
      readonly since: Date;
      readonly seenAt: Date;
    }[];
    readonly apps: readonly { readonly name: string; readonly href: string; readonly since: Date }[];
    readonly end: ConsoleForm;
    readonly deedHrefs: Readonly<Record<PersonDeed, string>>;
  };
  'console/person-invitations': {
    readonly head: PersonHead;
    readonly bringer: PersonLink | undefined;
    readonly brought: readonly (PersonLink & { readonly at: Date; readonly invitationHref: string })[];
    readonly isMoreBrought: boolean;
    readonly invitations: readonly ListedInvitation[];
    readonly allHref: string;
    readonly deedHrefs: Readonly<Record<PersonDeed, string>>;
  };
  'console/person-log': {
    readonly head: PersonHead;
    readonly toThem: readonly AuditEntry[];
    readonly byThem: readonly AuditEntry[];
    readonly hrefs: Readonly<Record<'about' | 'done', string>>;
  };
  'console/person-deed': ConsoleForm & {
    readonly head: PersonHead;
    readonly deed: PersonDeed;
    readonly errors: FieldErrors;
    readonly typed: string;
    /** Of revoking all: what it would end. */
    readonly toEnd: { readonly invitations: number; readonly campaigns: number; readonly mayStillInviteTo: readonly string[] } | undefined;
    readonly dataHref: string;
    readonly backHref: string;
  };
};

/** The pages of this slice. The templates are `views/portal/*.eta`; each says in `portal` which entry of `part/portal-nav` it is under. */
import type { DirectRight, HeldGroup, HeldRight } from '../group/held-store.ts';
import type { FieldErrors } from '../lib/form.ts';
import type { InvitationsPages } from './invitation-pages.ts';
import type { AppAccess, OwnSession } from './sign-ins.ts';

type PersonOf = { readonly name: string; readonly email: string };
/** Posts `form_token` to `action`. */
type Form = { readonly action: string; readonly formToken: string };

export type PortalPages = InvitationsPages & {
  /** What they belong to. */
  'portal/groups': {
    readonly account: PersonOf;
    readonly groups: readonly (Pick<HeldGroup, 'name' | 'description' | 'archived' | 'roles' | 'since' | 'until' | 'sources' | 'rights'> & {
      readonly leaveHref: string;
    })[];
    /** Those that came with no group. */
    readonly rights: readonly DirectRight[];
    /** Invitations to an address of theirs. */
    readonly waitingCount: number;
    readonly waitingHref: string;
    /** Where one can ask to join another group; undefined: nowhere. */
    readonly requestHref: string | undefined;
    /** Undefined: they run nothing. */
    readonly consoleHref: string | undefined;
    readonly done: GroupDeed | undefined;
  };
  'portal/leave': Form & {
    readonly name: string;
    readonly rights: readonly HeldRight[];
    /** Nobody else runs it. */
    readonly isLastManager: boolean;
    /** Names of the apps that only members get into. */
    readonly appNames: readonly string[];
    /** How many invitations of theirs to it are out, which then let nobody in. */
    readonly offers: number;
    readonly backHref: string;
  };
  'portal/sessions': {
    readonly sessions: readonly (ShownSession & { readonly endHref: string })[];
    /** Undefined: there are no others. */
    readonly endOthersHref: string | undefined;
    readonly signOutHref: string;
    readonly apps: readonly (Omit<AppAccess, 'clientId'> & { readonly endHref: string })[];
    readonly done: SessionDeed | undefined;
  };
  /** One session or one app is to end, or all sessions but this one. */
  'portal/end': Form & {
    readonly what:
      | { readonly kind: 'session'; readonly session: ShownSession }
      | { readonly kind: 'others'; readonly count: number }
      | { readonly kind: 'app'; readonly name: string };
    readonly backHref: string;
  };
  'portal/account': {
    readonly account: PersonOf;
    readonly verified: boolean;
    /** Further addresses. */
    readonly otherCount: number;
    readonly nameHref: string;
    /** Addresses. */
    readonly securityHref: string;
    readonly passwordHref: string;
    readonly dataHref: string;
    readonly deleteHref: string;
    readonly signOutHref: string;
    readonly done: AccountDeed | undefined;
  };
  /** Also posts `name`. */
  'portal/name': Form & { readonly name: string; readonly errors: FieldErrors; readonly backHref: string };
  'portal/data': Form & { readonly backHref: string };
  /** Also posts `email` and `current`. `errors.email` may be `email_differs`, `errors.current` `password_wrong`. */
  'portal/delete': Form & {
    readonly account: PersonOf;
    readonly email: string;
    readonly groupNames: readonly string[];
    readonly dataHref: string;
    readonly errors: FieldErrors;
    readonly backHref: string;
  };
  /** Whoever sees it has no account any more. */
  'portal/deleted': Readonly<Record<string, never>>;
};

export type ShownSession = Omit<OwnSession, 'uid'> & { /** The one that asks. */ readonly isThis: boolean };

/** What was just done. */
export const groupDeeds = ['left'] as const;
export type GroupDeed = (typeof groupDeeds)[number];
export const sessionDeeds = ['session', 'others', 'app'] as const;
export type SessionDeed = (typeof sessionDeeds)[number];
export const accountDeeds = ['name'] as const;
export type AccountDeed = (typeof accountDeeds)[number];

/** The pages of this slice, and what each is given. The templates are `views/invitation/*.eta`. */
import type { FailureCode } from '../errors.ts';
import { endOf, type Grant } from '../group/group.ts';
import type { FieldErrors } from '../lib/form.ts';

/** One line of "what you get". */
export type OfferLine = {
  readonly kind: Grant['kind'];
  readonly name: string;
  readonly description: string;
  readonly role: string | undefined;
  /** When it would end by itself, accepted now. */
  readonly endsAt: Date | undefined;
  readonly isNew: boolean;
};

export type Offer = {
  readonly inviterName: string | undefined;
  readonly lines: readonly OfferLine[];
  readonly expiresAt: Date;
};

export type AppLink = { readonly name: string; readonly href: string };

export type InvitationPages = {
  /** A, B: the link was opened. Forms post to `continueAction` with `form_token` and `way` = join, create or login. */
  'invitation/landing': {
    readonly offer: Offer;
    readonly signedInAs: { readonly name: string; readonly email: string | undefined } | undefined;
    readonly formToken: string;
    readonly continueAction: string;
  };
  /** S, and the page to type a code. Posts `code`. */
  'invitation/code': {
    /** A link or code was given and led nowhere. */
    readonly notFound: boolean;
    readonly errors: FieldErrors;
    readonly codeAction: string;
  };
  /** F, M: the question itself. Posts `form_token` to each action. */
  'invitation/join': {
    readonly offer: Offer;
    readonly account: { readonly name: string; readonly email: string | undefined };
    readonly formToken: string;
    readonly acceptAction: string;
    readonly declineAction: string;
    readonly switchAction: string;
  };
  /** N, O, P, Q, W, S inside a flow: what happened, whose move it is, one way on. */
  'invitation/refused': {
    readonly code: FailureCode;
    /** Undefined where no invitation is known. */
    readonly expiresAt: Date | undefined;
    readonly startsAt: Date | undefined;
    readonly singleUse: boolean;
    readonly inviterName: string | undefined;
    /** Leaves the invitation and goes on with signing in; undefined outside a flow. */
    readonly declineAction: string | undefined;
    /** Somebody who used the invitation before may sign in: posts `way` = login. */
    readonly signInAction: string | undefined;
    readonly formToken: string;
    readonly codePage: string;
  };
  /** K, L, U. */
  'invitation/done': {
    readonly answer: 'joined' | 'already_member' | 'declined';
    readonly offer: Offer;
    readonly apps: readonly AppLink[];
    readonly invitationPage: string;
  };
  /** Y. */
  'invitation/required': { readonly codeAction: string; readonly signInHref: string | undefined };
};

/** A mail is a triad: subject and text are plain, html is a page of its own. */
type MailTriad<Name extends string, Data> = Record<`mail/${Name}.subject` | `mail/${Name}.text` | `mail/${Name}.html`, Data>;

export type JoinedMail = { readonly name: string; readonly offer: Offer; readonly accountCreated: boolean; readonly homeHref: string };

export type InvitationMails = MailTriad<'joined', JoinedMail>;

export function offerLines(grants: readonly Grant[], now: Date, added: readonly Grant[] = grants): readonly OfferLine[] {
  return grants.map((grant) => ({
    kind: grant.kind,
    name: grant.kind === 'group' ? grant.name : grant.right,
    description: grant.description,
    role: grant.kind === 'group' && grant.role !== 'member' ? grant.role : undefined,
    endsAt: endOf(grant, now),
    isNew: added.includes(grant),
  }));
}

/** The pages and mails of this slice, and what each is given. The templates are `views/invitation/*.eta` and `views/mail/*`. */
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
  /** The inviter's own words, plain text; empty: none. */
  readonly message: string;
  readonly lines: readonly OfferLine[];
  readonly expiresAt: Date;
};

export type AppLink = { readonly name: string; readonly href: string };

/** One document to agree to, by its address: another address is another document. */
export type Term = { readonly kind: 'terms' | 'privacy'; readonly href: string };

type Someone = { readonly name: string; readonly email: string | undefined };

export type InvitationPages = {
  /** A, B: the link was opened. Forms post to `continueAction` with `form_token` and `way` = join, create or login. */
  'invitation/landing': {
    readonly offer: Offer;
    /** `a•••@example.org`; undefined: it is for whoever has it. */
    readonly addressedTo: string | undefined;
    readonly signedInAs: Someone | undefined;
    readonly formToken: string;
    readonly continueAction: string;
    /** Not for me: posts `form_token`. Only for an addressed one. */
    readonly declineAction: string | undefined;
    /** Accepting is asking: somebody decides afterwards. */
    readonly needsApproval: boolean;
    /** V: the page is shown inside another app's window. */
    readonly embedded: boolean;
  };
  /** S, and the page to type a code. Posts `code`. */
  'invitation/code': {
    /** A link or code was given and led nowhere. */
    readonly notFound: boolean;
    readonly errors: FieldErrors;
    readonly codeAction: string;
  };
  /** H. Posts `pin`, `back` and `form_token` to `action`. `errors.pin` may be `required`, `bad_pin` or `pin_wrong`. */
  'invitation/pin': {
    readonly inviterName: string | undefined;
    readonly errors: FieldErrors;
    /** Before it locks. */
    readonly triesLeft: number;
    readonly action: string;
    readonly back: string;
    readonly formToken: string;
    readonly embedded: boolean;
  };
  /** C, and the code that was mailed. Posts `email`, `back`, `form_token` to `sendAction`; `code`, `back`, `form_token` to `checkAction`. */
  'invitation/email': {
    readonly step: 'address' | 'code';
    /** The one address that will do, masked; then none is asked for. */
    readonly addressedTo: string | undefined;
    /** As typed. In the step `code`: where the code went, masked. */
    readonly email: string;
    /** Of these alone: `example.org`, `*.example.org`; empty: any. */
    readonly domains: readonly string[];
    readonly errors: FieldErrors;
    readonly sendAction: string;
    readonly checkAction: string;
    /** More codes can be asked for. */
    readonly canResend: boolean;
    readonly back: string;
    readonly formToken: string;
    readonly embedded: boolean;
  };
  /** G. Posts `form_token` to `switchAction` and `declineAction`; `back` and `form_token` to `proveAction`. */
  'invitation/mismatch': {
    readonly addressedTo: string;
    readonly account: Someone;
    /** Another account is the only way; else the mailbox can be proven with a code. */
    readonly proveAction: string | undefined;
    readonly proveToken: string;
    readonly back: string;
    readonly switchAction: string;
    readonly declineAction: string;
    readonly formToken: string;
  };
  /** F, M: the question itself. Posts `form_token` to each action. */
  'invitation/join': {
    readonly offer: Offer;
    readonly account: Someone;
    readonly needsApproval: boolean;
    readonly formToken: string;
    readonly acceptAction: string;
    readonly declineAction: string;
    readonly switchAction: string;
  };
  /**
   * J. Posts `agree` = yes (the box), `documents` and `form_token` to `acceptAction`, `form_token` to `declineAction`.
   * `errors.agree` may be `required`.
   */
  'invitation/terms': {
    /** One or two, in this order: terms, privacy. */
    readonly terms: readonly Term[];
    readonly documents: string;
    readonly needsApproval: boolean;
    readonly errors: FieldErrors;
    readonly formToken: string;
    readonly acceptAction: string;
    readonly declineAction: string;
  };
  /** Invitations for an address that this person has proven. Posts `form_token` and `invitation` (an id) to `openAction`, `form_token` to `laterAction`. */
  'invitation/waiting': {
    readonly account: Someone;
    readonly invitations: readonly { readonly id: string; readonly offer: Offer }[];
    readonly openAction: string;
    /** Undefined where nothing waits behind the page. */
    readonly laterAction: string | undefined;
    readonly formToken: string;
  };
  /** N, O, P, Q, R, S, T, W inside a flow: what happened, whose move it is, one way on. */
  'invitation/refused': {
    readonly code: FailureCode;
    /** Undefined where no invitation is known. */
    readonly expiresAt: Date | undefined;
    readonly startsAt: Date | undefined;
    readonly singleUse: boolean;
    readonly inviterName: string | undefined;
    /** Of these alone; empty: any. */
    readonly domains: readonly string[];
    /** T: when the next try is possible. Undefined: not before the inviter acts. */
    readonly retryAt: Date | undefined;
    /** Leaves the invitation and goes on with signing in; undefined outside a flow. */
    readonly declineAction: string | undefined;
    /** Another account, or a stronger sign-in: posts `form_token`. */
    readonly switchAction: string | undefined;
    /** Somebody who used the invitation before may sign in: posts `way` = login. */
    readonly signInAction: string | undefined;
    readonly formToken: string;
    /** N, O, P: tells the inviter that a new link is wanted. Posts `form_token` (its own). */
    readonly askAction: string | undefined;
    /** N, of an addressed one: a new link goes to its mailbox, without the inviter. */
    readonly sendsLink: boolean;
    readonly askToken: string;
    /** R: the day for a calendar. */
    readonly calendarHref: string | undefined;
    /** Q, W and their like: who can help besides the inviter. `mailto:` or `https:`. */
    readonly supportHref: string | undefined;
    readonly codePage: string;
  };
  /** I, K, L, U. */
  'invitation/done': {
    readonly answer: 'joined' | 'already_member' | 'declined' | 'awaiting_approval';
    readonly offer: Offer;
    readonly apps: readonly AppLink[];
    readonly homeHref: string;
    readonly invitationPage: string;
  };
  /** A new link was asked for. Of an addressed one it does not say what came of it: that is for its mailbox to see. */
  'invitation/asked': { readonly inviterName: string | undefined; readonly isAddressed: boolean };
  /** No more of these mails. Posts `List-Unsubscribe` = One-Click, or `way` = start, to `action`. */
  'invitation/stop': { readonly about: 'invitation' | 'account' | 'requests'; readonly isStopped: boolean; readonly action: string };
  /** Y. */
  'invitation/required': {
    readonly codeAction: string;
    readonly signInHref: string | undefined;
    /** Where one can ask to be invited; undefined: nowhere. */
    readonly requestHref: string | undefined;
  };
};

/** A mail is a triad: subject and text are plain, html is a page of its own. */
type MailTriad<Name extends string, Data> = Record<`mail/${Name}.subject` | `mail/${Name}.text` | `mail/${Name}.html`, Data>;

export type JoinedMail = { readonly name: string; readonly offer: Offer; readonly accountCreated: boolean; readonly homeHref: string };

export type InvitedMail = {
  readonly offer: Offer;
  readonly startsAt: Date | undefined;
  readonly link: string;
  readonly code: string;
  /** The addressee asked to be invited. */
  readonly wasAskedFor: boolean;
};

/** Of an invitation that nobody has answered. */
export type ReminderMail = InvitedMail & { readonly stopHref: string };

/** What will be over within a week. */
export type EndingMail = {
  readonly name: string;
  readonly lines: readonly (Omit<OfferLine, 'isNew' | 'endsAt'> & { readonly endsAt: Date })[];
  readonly homeHref: string;
  readonly stopHref: string;
};

/** Six digits for this address. */
export type CodeMail = { readonly code: string; readonly minutes: number };

/** Short news with one line of facts: to inviters, and to people who wait. */
export type NoticeMail = {
  readonly notice:
    | 'approval_wanted' // to the inviter: `name` asks to join
    | 'approval_rejected' // to the person
    | 'pin_locked' // to the inviter: too many wrong PINs
    | 'pin_revoked' // to the inviter: a new PIN is needed
    | 'leak_suspected' // to the inviter: a link for one person may be in other hands
    | 'link_wanted' // to the inviter: somebody wants a new link
    | 'link_renewed' // to the inviter: the addressee, `name`, was mailed a new link
    | 'mail_failed' // to the inviter: the mail to `name` was refused, could not be sent for two days, or was one too many
    | 'has_account'; // to an address that was typed in: sign in instead
  /** What the invitation is for: its groups, or its label. */
  readonly places: readonly string[];
  readonly label: string;
  readonly name: string | undefined;
  readonly homeHref: string;
};

export type InvitationMails = MailTriad<'joined', JoinedMail> &
  MailTriad<'invited', InvitedMail> &
  MailTriad<'reminder', ReminderMail> &
  MailTriad<'ending', EndingMail> &
  MailTriad<'code', CodeMail> &
  MailTriad<'notice', NoticeMail>;

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

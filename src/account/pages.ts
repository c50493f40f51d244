/** The pages of this slice. The templates are `views/account/*.eta`. */
import type { Term } from '../invitation/pages.ts';
import type { FieldErrors } from '../lib/form.ts';

/** What a person is about to join, when they sign in or register because of an invitation. */
export type Occasion = { readonly groupNames: readonly string[]; readonly inviterName: string | undefined };

export type AccountPages = {
  /** D. Posts `email`, `password`, `form_token` to `action`. `errors.form` may be `sign_in_failed` or `too_many_tries`. */
  'account/sign-in': {
    readonly action: string;
    readonly formToken: string;
    readonly email: string;
    readonly errors: FieldErrors;
    readonly occasion: Occasion | undefined;
    /** The app that asks for the sign-in; undefined when the person came from our own pages. */
    readonly clientName: string | undefined;
    /** Where a newcomer registers; undefined without an invitation. */
    readonly registerHref: string | undefined;
    readonly codePage: string;
    readonly forgotHref: string;
  };
  /**
   * E. Posts `email`, `name`, `password`, `form_token`, `visit`, perhaps `afresh` = yes, and, where there are `terms`,
   * `documents` and `agree` = yes to `action`.
   */
  'account/register': {
    readonly action: string;
    readonly formToken: string;
    /** Which invitation the page names: another one that came meanwhile is not what the person agreed to. */
    readonly visitId: string;
    readonly email: string;
    /** The address is proven: it is shown, not asked for. */
    readonly emailFixed: boolean;
    readonly name: string;
    readonly errors: FieldErrors;
    readonly occasion: Occasion;
    readonly signInHref: string;
    readonly minPasswordLength: number;
    /** An account that never proved the address has it: whoever did may have a new one instead. */
    readonly canStartAfresh: boolean;
    /** Somebody decides afterwards. */
    readonly needsApproval: boolean;
    /** What has to be agreed to; empty: nothing. */
    readonly terms: readonly Term[];
    readonly documents: string;
    /** The box was ticked before. */
    readonly agreed: boolean;
  };
  /** Posts `email` to `action`. */
  'account/forgot': {
    readonly action: string;
    readonly email: string;
    readonly errors: FieldErrors;
    /** A link was opened that leads nowhere any more. */
    readonly linkFailed: boolean;
  };
  /** A mail is on its way, or so it is said: the page is the same for every address. */
  'account/mailed': { readonly purpose: 'reset' | 'change'; readonly backHref: string };
  /** Posts `password` and `form_token` to `action`; `email` comes along for password managers. */
  'account/reset': {
    readonly action: string;
    readonly formToken: string;
    readonly email: string;
    readonly errors: FieldErrors;
    readonly minPasswordLength: number;
  };
  'account/reset-done': {
    readonly signInHref: string;
    /** This browser holds an invitation; undefined: none that could be used. */
    readonly invitationHref: string | undefined;
  };
  'account/security': {
    readonly account: { readonly name: string; readonly email: string };
    readonly verified: boolean;
    /** Proven, each with the page to change it. */
    readonly others: readonly { readonly email: string; readonly href: string }[];
    /** An address that waits to be confirmed. */
    readonly pending: string | undefined;
    readonly done: SecurityDeed | undefined;
    readonly passwordHref: string;
    readonly emailHref: string;
  };
  /** Posts `current`, `password`, `form_token` to `action`. `errors.current` may be `password_wrong`. */
  'account/password': {
    readonly action: string;
    readonly formToken: string;
    readonly email: string;
    readonly errors: FieldErrors;
    readonly minPasswordLength: number;
    readonly forgotHref: string;
    readonly backHref: string;
  };
  /** Posts `email`, `current`, `form_token` to `action`. `errors.email` may be `email_unchanged`. */
  'account/email': {
    readonly action: string;
    readonly formToken: string;
    /** The one so far. */
    readonly address: string;
    readonly email: string;
    readonly errors: FieldErrors;
    readonly backHref: string;
  };
  /** A further address. Posts `address`, `current`, `form_token` and `deed` = first or remove to `action`. */
  'account/address': {
    readonly action: string;
    readonly formToken: string;
    readonly address: string;
    readonly errors: FieldErrors;
    readonly backHref: string;
  };
  /** Posts `form_token` to `action`. */
  'account/confirm': { readonly action: string; readonly formToken: string; readonly address: string; readonly backHref: string };
};

/** What was just done. */
export const securityDeeds = ['password', 'email', 'first', 'removed'] as const;
export type SecurityDeed = (typeof securityDeeds)[number];

export type ResetMail = { readonly link: string; readonly hours: number };

export type PasswordChangedMail = {
  /** `mail`: by a link that was mailed; `person`: by somebody who knew the old one. */
  readonly by: 'mail' | 'person';
  readonly forgotHref: string;
  readonly supportHref: string | undefined;
};

export type EmailChangeMail = {
  /** Undefined: the address belongs to another account. */
  readonly link: string | undefined;
  readonly hours: number;
  readonly forgotHref: string;
};

export type EmailChangedMail = {
  /** `left`: to the address that was the first one; `came`: to the one that is; `removed`: to one that is gone; `other_removed`. */
  readonly change: 'left' | 'came' | 'removed' | 'other_removed';
  /** Which other address it is about, masked. */
  readonly address: string;
  readonly homeHref: string;
  readonly supportHref: string | undefined;
};

export type AccountMailData = {
  readonly 'password-reset': ResetMail;
  readonly 'password-changed': PasswordChangedMail;
  readonly 'email-change': EmailChangeMail;
  readonly 'email-changed': EmailChangedMail;
};

/** A mail is a triad: subject and text are plain, html is a page of its own. */
export type AccountMails = {
  [Name in keyof AccountMailData as `mail/${Name}.subject` | `mail/${Name}.text` | `mail/${Name}.html`]: AccountMailData[Name];
};

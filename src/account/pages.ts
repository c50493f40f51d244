/** The pages of this slice. The templates are `views/account/*.eta`. */
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
  };
  /** E. Posts `email`, `name`, `password`, `form_token`, `visit` to `action`. */
  'account/register': {
    readonly action: string;
    readonly formToken: string;
    /** Which invitation the page names: another one that came meanwhile is not what the person agreed to. */
    readonly visitId: string;
    readonly email: string;
    readonly name: string;
    readonly errors: FieldErrors;
    readonly occasion: Occasion;
    readonly signInHref: string;
    readonly minPasswordLength: number;
  };
};

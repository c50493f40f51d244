/** The pages of this slice. The templates are `views/consent/*.eta`. */
export type ConsentPages = {
  /** Posts `form_token` and `answer` = allow or deny to `action`. */
  'consent/consent': {
    readonly action: string;
    readonly formToken: string;
    readonly clientName: string;
    readonly account: { readonly name: string; readonly email: string | undefined };
    /** Scope names, each with a text `scope.<name>` or shown as it is. */
    readonly scopes: readonly string[];
    readonly claims: readonly string[];
    readonly resources: readonly { readonly resource: string; readonly scopes: readonly string[] }[];
  };
  /** The app is for one group alone. Posts `code` to `codeAction`, `form_token` to `leaveAction`. */
  'consent/no-access': {
    readonly clientName: string;
    readonly account: { readonly name: string; readonly email: string };
    readonly codeAction: string;
    /** Where one can ask to be invited; undefined: nowhere. */
    readonly requestHref: string | undefined;
    readonly signInHref: string;
    readonly leaveAction: string;
    readonly formToken: string;
  };
};

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
};

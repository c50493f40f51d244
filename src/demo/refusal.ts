/** What the app can answer instead of a page that was asked for. The words are in `pages.ts`. */
export type RefusalCode =
  | 'bad_request'
  | 'cross_site'
  | 'declined'
  | 'foreign_issuer'
  | 'interaction_needed'
  | 'invitation_missing'
  | 'not_found'
  | 'provider_failed'
  | 'provider_unreachable'
  | 'session_ended'
  | 'start_again'
  | 'surprise';

export class Refusal extends Error {
  readonly code: RefusalCode;
  /** Shown to the person, escaped: the provider's own words. Never a token. */
  readonly detail: string | undefined;

  constructor(code: RefusalCode, options: { readonly detail?: string | undefined; readonly cause?: unknown } = {}) {
    super(code, { cause: options.cause });
    this.code = code;
    this.detail = options.detail;
  }
}

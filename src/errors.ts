/**
 * The one error table. Owns every refusal code, its HTTP status, and the page that tells a person about it;
 * the words are in `views/text/`, under `error.<code>`. It imports nothing, so that the plugin and our server
 * can both answer from it.
 */
type Row = {
  /** HTTP status of the answer. */
  readonly status: number;
  /** OAuth error that ends an authorization request when the person gives up on it, RFC 6749 §4.1.2.1. */
  readonly oauth?: 'access_denied' | 'temporarily_unavailable';
};

export const errors = {
  invitation_not_found: { status: 404, oauth: 'access_denied' },
  invitation_not_started: { status: 403, oauth: 'access_denied' },
  invitation_expired: { status: 410, oauth: 'access_denied' },
  invitation_revoked: { status: 410, oauth: 'access_denied' },
  invitation_used_up: { status: 410, oauth: 'access_denied' },
  invitation_replaced: { status: 410, oauth: 'access_denied' },
  invitation_suspended: { status: 403, oauth: 'access_denied' },
  pin_required: { status: 403, oauth: 'access_denied' },
  pin_wrong: { status: 422, oauth: 'access_denied' },
  pin_locked: { status: 429, oauth: 'access_denied' },
  email_mismatch: { status: 409, oauth: 'access_denied' },
  email_domain_not_allowed: { status: 403, oauth: 'access_denied' },
  email_not_verified: { status: 403, oauth: 'access_denied' },
  link_not_found: { status: 404 },
  code_wrong: { status: 422 },
  code_expired: { status: 410 },
  sign_in_too_weak: { status: 403, oauth: 'access_denied' },
  group_full: { status: 409, oauth: 'access_denied' },
  removed_from_group: { status: 403, oauth: 'access_denied' },
  approval_rejected: { status: 403, oauth: 'access_denied' },
  registration_closed: { status: 403, oauth: 'access_denied' },
  invitation_required: { status: 403, oauth: 'access_denied' },
  account_disabled: { status: 403, oauth: 'access_denied' },
  review_changed: { status: 409 },
  interaction_expired: { status: 400 },
  authorization_request_invalid: { status: 400 },
  foreign_origin: { status: 403 },
  form_expired: { status: 403 },
  form_invalid: { status: 422 },
  wrong_host: { status: 421 },
  page_not_found: { status: 404 },
  body_too_large: { status: 413 },
  too_many_requests: { status: 429, oauth: 'temporarily_unavailable' },
  too_busy: { status: 503, oauth: 'temporarily_unavailable' },
  database_unavailable: { status: 503, oauth: 'temporarily_unavailable' },
  places_below_used: { status: 409 },
  grant_not_allowed: { status: 403 },
  policy_refused: { status: 403 },
  second_person_needed: { status: 403 },
  nothing_to_confirm: { status: 409 },
  approval_not_found: { status: 404 },
  approval_decided: { status: 409 },
  no_addressee: { status: 409 },
  request_not_found: { status: 404 },
  request_decided: { status: 409 },
  requests_closed: { status: 404 },
  campaign_not_found: { status: 404 },
  campaign_row_not_found: { status: 404 },
  template_not_found: { status: 404 },
  template_exists: { status: 409 },
  group_not_found: { status: 404 },
  group_exists: { status: 409 },
  group_cycle: { status: 409 },
  group_too_deep: { status: 409 },
  right_not_found: { status: 404 },
  right_exists: { status: 409 },
  client_not_found: { status: 404 },
  client_exists: { status: 409 },
  client_invalid: { status: 422 },
  account_not_found: { status: 404 },
  last_admin: { status: 409 },
  session_not_found: { status: 404 },
  mail_not_found: { status: 404 },
  mail_not_retryable: { status: 409 },
  access_token_required: { status: 401 },
  access_token_invalid: { status: 401 },
  insufficient_scope: { status: 403 },
  access_denied: { status: 403 },
  version_conflict: { status: 412 },
  body_malformed: { status: 400 },
  media_type_unsupported: { status: 415 },
  method_not_allowed: { status: 405 },
  wish_invalid: { status: 422 },
  key_used: { status: 422 },
  email_taken: { status: 422 },
  server_error: { status: 500 },
} as const satisfies Record<string, Row>;

export type FailureCode = keyof typeof errors;

/** Words that fill the placeholders of a failure's text. Never a secret. */
export type FailureDetail = Readonly<Record<string, string | number>>;

/** What is wrong with a part of what was sent; the part as a JSON Pointer (RFC 6901). */
export type Complaint = { readonly pointer: string; readonly problem: string };

/** A refusal with a stable code. Anything else that is thrown is a surprise, and answered with 500. */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly detail: FailureDetail;
  /** For `Retry-After`, in seconds. */
  readonly retryAfterSeconds: number | undefined;
  /** For programs: everything that is wrong with what they sent. */
  readonly complaints: readonly Complaint[];

  constructor(
    code: FailureCode,
    detail: FailureDetail = {},
    more: number | { readonly complaints: readonly Complaint[] } = { complaints: [] },
  ) {
    super(code);
    this.name = 'Failure';
    this.code = code;
    this.detail = detail;
    this.retryAfterSeconds = typeof more === 'number' ? more : undefined;
    this.complaints = typeof more === 'number' ? [] : more.complaints;
  }
}

export function statusOf(code: FailureCode): number {
  return errors[code].status;
}

/** The pages and mails of this slice, and what each is given. The templates are `views/request/*.eta` and `views/mail/*`. */
import type { FieldErrors } from '../lib/form.ts';

type Someone = { readonly name: string; readonly email: string | undefined };

export type WaitingRequest = {
  readonly id: string;
  readonly group: string;
  readonly email: string;
  readonly name: string;
  /** Plain text of a stranger; empty: none. */
  readonly note: string;
  readonly source: string | undefined;
  readonly confirmedAt: Date;
};

export type RequestPages = {
  /** Where there is more than one group to ask for. */
  'request/choose': { readonly groups: readonly { readonly name: string; readonly description: string; readonly href: string }[] };
  /** Posts `email`, `name`, `note`, and as they came `from` and `app`, to `action`. */
  'request/ask': {
    readonly group: string;
    readonly description: string;
    readonly action: string;
    readonly email: string;
    readonly name: string;
    readonly note: string;
    readonly from: string;
    readonly app: string;
    readonly errors: FieldErrors;
  };
  /** The same for every address. */
  'request/sent': { readonly hours: number };
  /** The link of the mail was opened. Posts `form_token` to `action`. */
  'request/confirm': {
    readonly group: string;
    readonly email: string;
    readonly name: string;
    readonly note: string;
    readonly action: string;
    readonly formToken: string;
  };
  /** What came of it. */
  'request/done': { readonly group: string; readonly standing: 'waiting' | 'invited' | 'member' };
  /** For whoever decides. Posts `request`, `message`, `tell` = yes and `form_token` to `declineAction`; `request` and `form_token` to `approveAction`. */
  'request/queue': {
    readonly account: Someone;
    readonly requests: readonly WaitingRequest[];
    /** What was done just now; undefined: nothing. */
    readonly done: 'approved' | 'unconfirmed' | 'declined' | 'decided' | 'full' | 'archived' | undefined;
    readonly approveAction: string;
    readonly declineAction: string;
    readonly formToken: string;
    /** What was typed about one of them and could not be taken, as `errors` says; undefined: nothing. */
    readonly typed: { readonly request: string; readonly message: string; readonly tell: boolean } | undefined;
    readonly errors: FieldErrors;
  };
};

type Triad<Name extends string, Data> = Record<`mail/${Name}.subject` | `mail/${Name}.text` | `mail/${Name}.html`, Data>;

export type RequestMailData = {
  /** Somebody – probably they – asked with this address. */
  readonly 'request-confirm': { readonly group: string; readonly link: string; readonly hours: number };
  /** To whoever decides. Nothing of what strangers wrote is in it. */
  readonly 'request-waiting': {
    readonly group: string;
    readonly waitingCount: number;
    readonly queueHref: string;
    readonly stopHref: string;
  };
  /** With a word or without. */
  readonly 'request-declined': { readonly group: string; readonly message: string; readonly homeHref: string };
};

export type RequestMails = Triad<'request-confirm', RequestMailData['request-confirm']> &
  Triad<'request-waiting', RequestMailData['request-waiting']> &
  Triad<'request-declined', RequestMailData['request-declined']>;

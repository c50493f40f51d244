/** Every page of the server with its data, and those that belong to no slice. */
import type { AccountMails, AccountPages } from '../account/pages.ts';
import type { CampaignPages } from '../campaign/pages.ts';
import type { ConsolePages } from '../console/pages.ts';
import type { ConsentPages } from '../consent/pages.ts';
import type { FailureCode } from '../errors.ts';
import type { InvitationMails, InvitationPages } from '../invitation/pages.ts';
import type { QueuedMail } from '../mail/outbox.ts';
import type { LogoutPages } from '../oidc/logout.ts';
import type { PortalPages } from '../portal/pages.ts';
import type { RequestMails, RequestPages } from '../request/pages.ts';

type OwnPages = {
  /** `/`: what this is, the code field, and whether one is signed in. */
  'server/home': {
    readonly codeAction: string;
    readonly account: { readonly name: string; readonly email: string | undefined } | undefined;
    /** Invitations for an address of theirs; undefined: none. */
    readonly waitingHref: string | undefined;
    /** Where one can ask to be invited; undefined: nowhere. */
    readonly requestHref: string | undefined;
    readonly signOutHref: string;
    readonly signInHref: string;
    readonly forgotHref: string;
    /** What is theirs: groups, invitations, sessions, account. */
    readonly portalHref: string;
    /** Undefined: they run nothing. */
    readonly consoleHref: string | undefined;
  };
  'server/error': {
    readonly code: FailureCode;
    readonly detail: Readonly<Record<string, string | number>>;
    readonly requestId: string;
    readonly homeHref: string;
  };
  'mail/mailbox': { readonly mails: readonly QueuedMail[] };
  'mail/message': { readonly mail: QueuedMail };
};

export type Pages = InvitationPages &
  CampaignPages &
  InvitationMails &
  RequestPages &
  RequestMails &
  AccountPages &
  AccountMails &
  ConsentPages &
  PortalPages &
  ConsolePages &
  LogoutPages &
  OwnPages;

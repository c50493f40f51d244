/** The pages of members' own invitations. The templates are `views/portal/invitation*.eta`. */
import type { RowAnswer } from '../campaign/campaign.ts';
import type { Invitable } from '../invitation/invitable.ts';
import type { InvitationState } from '../invitation/invitation.ts';
import type { LeakFacts } from '../invitation/leak.ts';
import type { FieldErrors, Fields } from '../lib/form.ts';
import type { PortalForm } from './portal.ts';

/** One invitation as its inviter sees it. */
export type ShownInvitation = {
  readonly id: string;
  readonly href: string;
  readonly state: InvitationState;
  /** The inviter's own name for it; empty: none. */
  readonly label: string;
  /** Undefined: for whoever has the link. */
  readonly email: string | undefined;
  readonly places: readonly { readonly name: string /** Undefined: a plain member, or a right. */; readonly role: string | undefined }[];
  readonly usedCount: number;
  readonly maxUses: number;
  readonly startsAt: Date | undefined;
  readonly expiresAt: Date;
  readonly createdAt: Date;
};

/** Also what can be done with it now; undefined: not. */
export type Deeds = {
  readonly resendHref: string | undefined;
  readonly reissueHref: string | undefined;
  readonly revokeHref: string | undefined;
};

/** An address as it was pasted, perhaps with a name, and what would become of it. */
export type CheckedAddress = { readonly text: string; readonly answer: RowAnswer['answer']; readonly name?: string | undefined };

export const invitationDeeds = ['mailed', 'resent', 'revoked', 'gone'] as const;
export type InvitationDone = (typeof invitationDeeds)[number];

/** What happened, without anybody's name. */
export type InvitationNews = {
  readonly at: Date;
  readonly what: string;
  readonly by: 'you' | 'others';
};

export type InvitationsPages = {
  'portal/invitations': {
    readonly invitations: readonly (ShownInvitation & Deeds)[];
    /** Undefined: they may invite nowhere. */
    readonly inviteHref: string | undefined;
    /** So many mails are on their way since the page before; undefined: it was not about that. */
    readonly sent: number | undefined;
    readonly newestHref: string | undefined;
    readonly olderHref: string | undefined;
  };
  /** Where to; with `errors`, after a wish that was refused. */
  'portal/invitation-where': {
    readonly groups: readonly (Invitable & { readonly href: string })[];
    readonly errors: FieldErrors;
    readonly backHref: string;
  };
  /** Posts the fields of `invitation-form.ts`, with `form_token`, to `action`. `errors.form` may be `form_used`. */
  'portal/invitation-new': PortalForm & {
    readonly key: string;
    readonly group: Invitable;
    /** To invite several people at once; undefined: not by mail. */
    readonly severalHref: string | undefined;
    /** To choose another group; undefined: there is one. */
    readonly otherHref: string | undefined;
    /** As it was typed, or as it is usual. */
    readonly typed: Fields;
    readonly errors: FieldErrors;
    /** Seconds, to be chosen from. */
    readonly lifetimes: readonly number[];
    readonly stays: readonly number[];
    readonly locales: readonly string[];
    readonly apps: readonly { readonly clientId: string; readonly name: string }[];
    readonly backHref: string;
  };
  /** Posts `addresses` with a few others of the same, and `step`, which is `check` or `send`. */
  'portal/invitation-several': PortalForm & {
    readonly key: string;
    readonly group: Invitable;
    readonly typed: Fields;
    readonly errors: FieldErrors;
    /** What would become of each. */
    readonly checked: readonly CheckedAddress[] | undefined;
    readonly sent: number;
    /** At once. */
    readonly most: number;
    readonly lifetimes: readonly number[];
    readonly locales: readonly string[];
    readonly backHref: string;
  };
  /** The secret, on the only page that has it. Posts `form_token` to `action` to be done with it. */
  'portal/invitation-share': PortalForm & {
    readonly invitation: ShownInvitation;
    /** Undefined: it went by mail alone. */
    readonly link: { readonly url: string; readonly code: string; readonly symbol: string } | undefined;
    readonly pin: string | undefined;
    readonly needsConfirming: boolean;
    /** Of the inviter. */
    readonly name: string;
    /** Where the code can be typed. */
    readonly entry: string;
    readonly seenUntil: Date;
    readonly invitationHref: string;
  };
  'portal/invitation': {
    readonly invitation: ShownInvitation & {
      readonly hasPin: boolean;
      readonly needsApproval: boolean;
      readonly domains: readonly string[];
    };
    readonly deeds: Deeds;
    readonly done: InvitationDone | undefined;
    /** The link can still be seen there. */
    readonly shareHref: string | undefined;
    /** The one that took its place. */
    readonly replacedHref: string | undefined;
    readonly news: readonly InvitationNews[];
    /** Of a personal one that may be in other hands. */
    readonly leak: LeakFacts | undefined;
    /** For whoever decides about people there; undefined: for others. */
    readonly cameBy: readonly { readonly name: string | undefined; readonly at: Date }[] | undefined;
    readonly backHref: string;
  };
  /** Asked before it is done. Posts `form_token` to `action`. */
  'portal/invitation-deed': PortalForm & {
    readonly deed: 'revoke' | 'reissue' | 'resend';
    readonly invitation: ShownInvitation;
    /** Sending again moves its end to this one. */
    readonly renewedUntil: Date | undefined;
    readonly backHref: string;
  };
};

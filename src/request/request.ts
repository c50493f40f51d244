/**
 * Asking to be invited (design §4E). Owns who asked for which group, what decides by itself, and what is answered; an
 * approval makes an ordinary invitation. Does not know how one is used (`invitation/`), nor what a member is (`group/`).
 *
 *     asked ──(link in the mail)──► waiting ──┬──► approved ──► invitation, by mail
 *       │                                     ├──► declined, silently or with a word
 *       └──(a day)──► gone                    └──(90 days)──► lapsed
 *
 * Neighbours: `ask.ts` (asking and confirming), `decide.ts` (approving and declining), `desk.ts` (where one may ask, and
 * the rules), `routes.ts` (the pages).
 */
import { type EmailKey, inDomains } from '../lib/email.ts';

export type Decision = 'approve' | 'decline';

export type Rule = {
  readonly id: string;
  /** `example.org`, `*.example.org` for all beneath it, `*` for any. */
  readonly domain: string;
  readonly decision: Decision;
  /** Approvals in 24 hours. Undefined: any number. */
  readonly perDay: number | undefined;
  /** An approval needs that they may invite today: an account, or `operator`. */
  readonly createdBy: string;
};

export type RuleFacts = Rule & { readonly approvedToday: number };

/** The narrowest rule about this mailbox: the domain itself before all beneath a domain, and that before any. */
export function ruleFor<SomeRule extends Rule>(rules: readonly SomeRule[], key: EmailKey): SomeRule | undefined {
  return rules
    .filter(({ domain }) => domain === '*' || inDomains(key, [domain]))
    .sort((one, other) => narrowness(other.domain) - narrowness(one.domain))[0];
}

/** `*` 0, `*.example.org` its labels, `example.org` more than any pattern. */
function narrowness(domain: string): number {
  if (domain === '*') return 0;
  return domain.startsWith('*.') ? domain.split('.').length : 1_000;
}

/** Undefined: somebody has to decide. */
export function decisionOf(rule: RuleFacts | undefined): Decision | undefined {
  if (!rule) return undefined;
  if (rule.decision === 'decline') return 'decline';
  return rule.perDay === undefined || rule.approvedToday < rule.perDay ? 'approve' : undefined;
}

/** What earlier requests of one mailbox for one group came to. */
export type Earlier = {
  readonly isWaiting: boolean;
  readonly lastDeclinedAt: Date | undefined;
  /** An invitation that was given for asking can still be used. */
  readonly hasInvitation: boolean;
};

/** Whoever was declined is not put before the same people again for so long. */
const declinedSeconds = 30 * 24 * 60 * 60;

/** Asking again does nothing new. Undefined: it does. */
export function standingOf(earlier: Earlier, now: Date): 'waiting' | 'invited' | undefined {
  if (earlier.hasInvitation) return 'invited';
  if (earlier.isWaiting) return 'waiting';
  // Who was declined silently reads what they read before.
  const isRecent = earlier.lastDeclinedAt && now.getTime() - earlier.lastDeclinedAt.getTime() < declinedSeconds * 1000;
  return isRecent ? 'waiting' : undefined;
}

/** A confirmation mail is good for a day. */
export const confirmHours = 24;

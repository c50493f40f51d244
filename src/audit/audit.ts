/**
 * Who did what, when, from where. Owns the append-only record: the database refuses to change it, and links each event
 * to the one before by a hash, so that a change behind its back is noticed. Called by use cases inside their own
 * transaction, so that no deed is without its entry and no entry without its deed. Neighbours: `store.ts` (the SQL),
 * `verify.ts` (the proof).
 */
import type { Queryable } from '../lib/db.ts';
import { newId, type Random } from '../lib/random.ts';
import { addressBlock } from '../lib/throttle.ts';
import { insertEvent } from './store.ts';

export type AuditAction =
  | 'group.created'
  | 'group.changed'
  | 'group.policy_changed'
  | 'group.right_added'
  | 'group.right_removed'
  | 'right.created'
  | 'client.created'
  | 'client.changed'
  | 'client.secret_added'
  | 'client.removed'
  | 'registration_token.created'
  | 'registration_token.revoked'
  | 'key.created'
  | 'key.retired'
  | 'template.created'
  | 'template.removed'
  | 'campaign.created'
  | 'campaign.run'
  | 'campaign.cancelled'
  | 'campaign.resumed'
  | 'campaign.row_named'
  | 'invitation.created'
  | 'invitation.refused'
  | 'invitation.adopted'
  | 'invitation.confirmed'
  | 'invitation.changed'
  | 'invitation.resent'
  | 'invitation.shared'
  | 'invitation.revoked'
  | 'invitation.undone'
  | 'invitation.redeemed'
  | 'invitation.declined'
  | 'invitation.approval_asked'
  | 'invitation.approved'
  | 'invitation.rejected'
  | 'invitation.pin_locked'
  | 'invitation.pin_revoked'
  | 'invitation.pin_changed'
  | 'invitation.link_wanted'
  | 'invitation.reminded'
  | 'invitation.renewed'
  | 'invitation.reissued'
  | 'invitation.leak_suspected'
  | 'inviter.revoked'
  | 'setting.changed'
  | 'mail.stopped'
  | 'mail.started'
  | 'mail.retried'
  | 'mail.tested'
  | 'audit.exported'
  | 'request.confirmed'
  | 'request.approved'
  | 'request.declined'
  | 'requests.opened'
  | 'requests.closed'
  | 'request_rule.added'
  | 'request_rule.removed'
  | 'grant.added'
  | 'grant.withdrawn'
  | 'account.created'
  | 'account.signed_in'
  | 'account.signed_out'
  | 'account.disabled'
  | 'account.enabled'
  | 'account.erased'
  | 'account.renamed'
  | 'account.exported'
  | 'account.session_ended'
  | 'account.sessions_ended'
  | 'account.app_ended'
  | 'account.password_reset_asked'
  | 'account.password_changed'
  | 'account.email_verified'
  | 'account.email_change_asked'
  | 'account.email_changed'
  | 'account.email_removed'
  | 'account.email_lost';

/** Where a deed came from. Empty for the command line. */
export type Origin = {
  /** Only its block is kept: see `addressBlock`. */
  readonly ip?: string | undefined;
  readonly requestId?: string | undefined;
  /** The app that did it for the actor, with their token; it is kept as `client` in the detail. */
  readonly clientId?: string | undefined;
};

export type AuditEvent = {
  readonly at: Date;
  /** Account id, `operator` for the command line, or `client` and the id of an app that did something to itself. */
  readonly actor: string;
  readonly from?: Origin | undefined;
  readonly action: AuditAction;
  readonly subject: string;
  /** Names and ids. Never a secret. */
  readonly detail?: Readonly<Record<string, unknown>> | undefined;
};

/** Of a request. One that was broken off has no address any more. */
export function originOf({ ip, state }: { readonly ip: string; readonly state: Record<string, unknown> }): Origin {
  const requestId = state['requestId'];
  return { ip: ip || undefined, requestId: typeof requestId === 'string' ? requestId : undefined };
}

export async function recordAudit(db: Queryable, event: AuditEvent, random: Random): Promise<void> {
  const { at, actor, from: { ip, requestId, clientId } = {}, action, subject } = event;
  const detail = { ...event.detail, ...(clientId === undefined ? {} : { client: clientId }) };
  await insertEvent(db, { id: newId(at, random), at, actor, addressBlock: ip && addressBlock(ip), requestId, action, subject, detail });
}

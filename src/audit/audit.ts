/**
 * Who did what, when, from where. Owns the append-only record; the database refuses to change it. Called by use
 * cases inside their own transaction, so that no deed is without its entry and no entry without its deed.
 */
import { execute, type Queryable } from '../lib/db.ts';
import { newId, type Random } from '../lib/random.ts';

export type AuditAction =
  | 'group.created'
  | 'right.created'
  | 'client.created'
  | 'invitation.created'
  | 'invitation.changed'
  | 'invitation.revoked'
  | 'invitation.redeemed'
  | 'invitation.declined'
  | 'grant.added'
  | 'grant.withdrawn'
  | 'account.created'
  | 'account.signed_in'
  | 'account.signed_out';

export type AuditEvent = {
  readonly at: Date;
  /** Account id, or `operator` for the command line. */
  readonly actor: string;
  readonly actorIp?: string | undefined;
  readonly action: AuditAction;
  readonly subject: string;
  /** Names and ids. Never a secret. */
  readonly detail?: Readonly<Record<string, unknown>>;
};

export async function recordAudit(db: Queryable, event: AuditEvent, random: Random): Promise<void> {
  await execute(
    db,
    `
    insert into guestlist.audit_event (id, at, actor, actor_ip, action, subject, detail)
    values (:id, :at, :actor, :actorIp, :action, :subject, :detail)`,
    {
      id: newId(event.at, random),
      at: event.at,
      actor: event.actor,
      actorIp: event.actorIp ?? null,
      action: event.action,
      subject: event.subject,
      detail: JSON.stringify(event.detail ?? {}),
    },
  );
}

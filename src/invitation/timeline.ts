/** What happened to one invitation, told from the audit trail and from its mails. Never a secret. */
import { listEvents } from '../audit/store.ts';
import { Failure } from '../errors.ts';
import { listMailsOf } from '../mail/outbox.ts';
import type { InvitationHost } from './host.ts';
import { findInvitation } from './store.ts';

export type TimelineEntry = {
  readonly at: Date;
  /** Such as `invitation.redeemed`, `mail.queued`, `mail.sent`. */
  readonly what: string;
  /** Account id, `operator`, `stranger`, or `server` for mail. */
  readonly who: string;
  readonly detail: Readonly<Record<string, unknown>>;
};

/** The oldest first. Throws `invitation_not_found`. */
export async function timelineOf({ database }: Pick<InvitationHost, 'database'>, id: string): Promise<TimelineEntry[]> {
  if (!(await findInvitation(database, id))) throw new Failure('invitation_not_found');
  const events = await listEvents(database, { subject: id, limit: 10_000 });
  const mails = await listMailsOf(database, id);
  const entries: TimelineEntry[] = [
    // They come newest first; those of one instant stay in their order.
    ...events.toReversed().map(({ at, action, actor, detail }) => ({ at, what: action, who: actor, detail })),
    ...mails.flatMap(({ kind, to, queuedAt, sentAt, cancelledAt, failedAt, failure, attempts }) => [
      { at: queuedAt, what: 'mail.queued', who: 'server', detail: { kind, to, attempts } },
      ...(sentAt ? [{ at: sentAt, what: 'mail.sent', who: 'server', detail: { kind, to } }] : []),
      ...(cancelledAt ? [{ at: cancelledAt, what: 'mail.cancelled', who: 'server', detail: { kind, to } }] : []),
      ...(failedAt ? [{ at: failedAt, what: 'mail.failed', who: 'server', detail: { kind, to, answer: failure } }] : []),
    ]),
  ];
  return entries.sort((one, other) => one.at.getTime() - other.at.getTime());
}

/** Every SQL statement about the audit record. */
import { execute, firstRow, type Queryable, rows } from '../lib/db.ts';

export type StoredEvent = {
  readonly id: string;
  readonly at: Date;
  readonly actor: string;
  readonly addressBlock: string | undefined;
  readonly requestId: string | undefined;
  readonly action: string;
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
};

/** It is linked into the chain when the transaction commits. */
export async function insertEvent(db: Queryable, { addressBlock, requestId, detail, ...event }: StoredEvent): Promise<void> {
  await execute(
    db,
    `
    insert into guestlist.audit_event (id, at, actor, address_block, request_id, action, subject, detail)
    values (:id, :at, :actor, :addressBlock, :requestId, :action, :subject, :detail)`,
    { ...event, addressBlock: addressBlock ?? null, requestId: requestId ?? null, detail: JSON.stringify(detail) },
  );
}

type EventRow = Omit<StoredEvent, 'addressBlock' | 'requestId'> & {
  readonly addressBlock: string | null;
  readonly requestId: string | null;
};

/** Newest first, in the order of the chain; of one subject, or all. */
export async function listEvents(
  db: Queryable,
  { limit, subject }: { readonly limit: number; readonly subject?: string | undefined },
): Promise<StoredEvent[]> {
  const found = await rows<EventRow>(
    db,
    `
    select e.id, e.at, e.actor, e.address_block as "addressBlock", e.request_id as "requestId", e.action, e.subject, e.detail
    from guestlist.audit_link l join guestlist.audit_event e on e.id = l.event_id
    ${subject === undefined ? '' : 'where e.subject = :subject'}
    order by l.seq desc limit :limit`,
    { limit, ...(subject === undefined ? {} : { subject }) },
  );
  return found.map(({ addressBlock, requestId, ...event }) => ({
    ...event,
    addressBlock: addressBlock ?? undefined,
    requestId: requestId ?? undefined,
  }));
}

type Hand = { readonly subject: string; readonly actor: string; readonly actions: readonly string[] };

/** Was it this actor who did any of it? */
export async function hasDone(db: Queryable, { subject, actor, actions }: Hand): Promise<boolean> {
  const sql = `select from guestlist.audit_event where subject = :subject and actor = :actor and action = any(:actions) limit 1`;
  return (await execute(db, sql, { subject, actor, actions: [...actions] })) > 0;
}

export type Link = {
  readonly seq: number;
  readonly eventId: string;
  readonly hash: Buffer;
  /** What was hashed; undefined: there is no such event. */
  readonly text: string | undefined;
};

/**
 * From `from` on (undefined: from the very first, whatever its number), in the order of the chain. The text is made
 * here, as `migrations/0006_audit_chain.ts` makes it: a function in the database could have been replaced.
 */
export async function listLinks(
  db: Queryable,
  { from, limit }: { readonly from: number | undefined; readonly limit: number },
): Promise<Link[]> {
  const found = await rows<{ seq: string; eventId: string; hash: Buffer; text: string | null }>(
    db,
    `
    select l.seq, l.event_id as "eventId", l.hash, case when e.id is not null then
      jsonb_build_array(e.id, extract(epoch from e.at)::text, e.actor, e.address_block, e.request_id,
        e.action, e.subject, e.detail)::text end as "text"
    from guestlist.audit_link l left join guestlist.audit_event e on e.id = l.event_id
    where l.seq >= cast(:from as bigint) order by l.seq limit :limit`,
    { from: from ?? '-9223372036854775808', limit },
  );
  return found.map(({ seq, text, ...link }) => ({ ...link, seq: Number(seq), text: text ?? undefined }));
}

/** An event that was written while nobody linked it. */
export async function findUnlinkedEvent(db: Queryable): Promise<string | undefined> {
  const sql = `select e.id from guestlist.audit_event e
    where not exists (select from guestlist.audit_link l where l.event_id = e.id) order by e.id limit 1`;
  return (await firstRow<{ id: string }>(db, sql))?.id;
}

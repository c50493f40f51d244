/** SQL for reading the record: by what was done, by whom, to what, and when; a page at a time, each by an index. */
import { type Bindings, type Queryable, rows } from '../lib/db.ts';
import { firstId } from '../lib/random.ts';

export type RecordedEvent = {
  readonly id: string;
  /** Its place in the chain. Null: it is outside, which `verify.ts` tells. */
  readonly seq: number | null;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  /** An address; of IPv6 its /64. Null: by the command line. */
  readonly addressBlock: string | null;
  readonly requestId: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
};

export type EventFilter = {
  readonly action?: string | undefined;
  readonly actor?: string | undefined;
  readonly subject?: string | undefined;
  /** From this moment on. */
  readonly after?: Date | undefined;
  /** Up to this moment, itself not counted. */
  readonly before?: Date | undefined;
};

export type EventPage = EventFilter & {
  readonly order: 'newest' | 'oldest';
  /** The id where the page before ended. */
  readonly from?: string | undefined;
  readonly limit: number;
};

/** An event has the moment of its id: a span of time is a span of ids, whichever index they are read by. */
export async function pageOfEvents(db: Queryable, page: EventPage): Promise<RecordedEvent[]> {
  const { action, actor, subject, after, before, order, from, limit } = page;
  const conditions: readonly (readonly [unknown, string])[] = [
    [action, 'e.action = :action'],
    [actor, 'e.actor = :actor'],
    [subject, 'e.subject = :subject'],
    [after, 'e.id >= :first'],
    [before, 'e.id < :last'],
    [from, order === 'newest' ? 'e.id < :from' : 'e.id > :from'],
  ];
  const where = conditions.flatMap(([given, sql]) => (given === undefined ? [] : [sql]));
  const bindings: Bindings = {
    limit,
    ...(action !== undefined && { action }),
    ...(actor !== undefined && { actor }),
    ...(subject !== undefined && { subject }),
    ...(after && { first: firstId(after) }),
    ...(before && { last: firstId(before) }),
    ...(from !== undefined && { from }),
  };
  const sql = `select e.id, l.seq, e.at, e.actor, e.action, e.subject, e.address_block as "addressBlock", e.request_id as "requestId", e.detail
    from guestlist.audit_event e left join guestlist.audit_link l on l.event_id = e.id
    ${where.length > 0 ? `where ${where.join(' and ')}` : ''} order by e.id ${order === 'newest' ? 'desc' : ''} limit :limit`;
  const found = await rows<Omit<RecordedEvent, 'seq'> & { readonly seq: string | null }>(db, sql, bindings);
  return found.map(({ seq, ...event }) => ({ ...event, seq: seq === null ? null : Number(seq) }));
}

const atOnce = 1_000;

/** The oldest first; a page is asked for when it is needed. */
export async function* eachEvent(db: Queryable, filter: EventFilter): AsyncGenerator<RecordedEvent> {
  for (let from: string | undefined; ; ) {
    const page = await pageOfEvents(db, { ...filter, order: 'oldest', from, limit: atOnce });
    yield* page;
    from = page.at(-1)?.id;
    if (page.length < atOnce) return;
  }
}

/** SQL for reading the record: by what was done, by whom, to what, and when; a page at a time, each by an index. */
import { type Queryable, rows } from '../lib/db.ts';
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

/** More than any id. */
const endOfIds = 'zzzz';

/**
 * An event has the moment of its id: a span of time is a span of ids, whichever index they are read by. Rows are compared
 * and not columns, so that only the index of what is asked for has them in this order: whoever did much long ago is not
 * looked for among everything since.
 */
export async function pageOfEvents(db: Queryable, page: EventPage): Promise<RecordedEvent[]> {
  const { after, before, order, from, limit } = page;
  const { lead, others } = leadOf(page);
  const place = [...lead, 'id'].map((name) => `e.${name}`);
  const at = (name: string) => `(${[...lead, name].map((one) => `:${one}`).join(', ')})`;
  const where = [
    `(${place.join(', ')}) >= ${at('first')}`,
    `(${place.join(', ')}) < ${at('last')}`,
    ...(from === undefined ? [] : [`(${place.join(', ')}) ${order === 'newest' ? '<' : '>'} ${at('from')}`]),
    ...others.map((name) => `e.${name} = :${name}`),
  ];
  const named = Object.fromEntries([...lead, ...others].map((name) => [name, page[name] ?? '']));
  const bounds = { first: after ? firstId(after) : '', last: before ? firstId(before) : endOfIds, ...(from !== undefined && { from }) };
  const sql = `select e.id, l.seq, e.at, e.actor, e.action, e.subject, e.address_block as "addressBlock", e.request_id as "requestId", e.detail
    from guestlist.audit_event e left join guestlist.audit_link l on l.event_id = e.id
    where ${where.join(' and ')} order by ${place.map((name) => `${name} ${order === 'newest' ? 'desc' : 'asc'}`).join(', ')} limit :limit`;
  const found = await rows<Omit<RecordedEvent, 'seq'> & { readonly seq: string | null }>(db, sql, { ...named, ...bounds, limit });
  return found.map(({ seq, ...event }) => ({ ...event, seq: seq === null ? null : Number(seq) }));
}

type Column = 'subject' | 'action' | 'actor';

/** What an index begins with, and what is looked at in each row. */
function leadOf({ subject, action, actor }: EventFilter): { readonly lead: readonly Column[]; readonly others: readonly Column[] } {
  const rest: Column[] = [...(action === undefined ? [] : ['action' as const]), ...(actor === undefined ? [] : ['actor' as const])];
  return subject === undefined ? { lead: rest, others: [] } : { lead: ['subject'], others: rest };
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

/**
 * The proof that the record is what was written. Goes through the chain and computes every hash again, here and not in
 * the database. Whoever can change the database can also write a new chain from some event on, or cut off its end:
 * that is noticed by a head that was remembered elsewhere.
 */
import { createHash } from 'node:crypto';
import type { Queryable } from '../lib/db.ts';
import { findUnlinkedEvent, type Link, listLinks } from './store.ts';

/** The newest link: its number, and its hash as 64 hexadecimal digits. */
export type Head = { readonly seq: number; readonly hash: string };

export type Break = {
  /**
   * `changed`: an event or its link; `missing`: a link, or its event; `unlinked`: an event outside the chain;
   * `head_not_found`: the end was cut off, or the chain was written anew.
   */
  readonly kind: 'changed' | 'missing' | 'unlinked' | 'head_not_found';
  /** Where in the chain; an unlinked event has no place in it. */
  readonly seq?: number;
  readonly eventId?: string;
};

export type Verdict = {
  /** As far as the chain is whole. */
  readonly eventCount: number;
  readonly head: Head | undefined;
  /** The first thing that is wrong; undefined: nothing is. */
  readonly break: Break | undefined;
};

const pageSize = 5_000;

/** Reads each page in a snapshot of its own: whatever is appended meanwhile is whole as well, and holds nobody up. */
export async function verifyAudit(db: Queryable, { head: remembered }: { readonly head?: Head | undefined } = {}): Promise<Verdict> {
  let last: Head | undefined;
  let isRemembered = remembered === undefined;
  const verdict = (found: Break | undefined): Verdict => ({ eventCount: last?.seq ?? 0, head: last, break: found });
  for (;;) {
    const page = await listLinks(db, { from: last && last.seq + 1, limit: pageSize });
    for (const link of page) {
      const found = breakAt(link, last);
      if (found) return verdict(found);
      last = { seq: link.seq, hash: link.hash.toString('hex') };
      isRemembered ||= last.seq === remembered?.seq && last.hash === remembered.hash;
    }
    if (page.length < pageSize) break;
  }
  const eventId = await findUnlinkedEvent(db);
  if (eventId !== undefined) return verdict({ kind: 'unlinked', eventId });
  return verdict(remembered && !isRemembered ? { kind: 'head_not_found', seq: remembered.seq } : undefined);
}

function breakAt({ seq, eventId, hash, text }: Link, last: Head | undefined): Break | undefined {
  const expected = (last?.seq ?? 0) + 1;
  if (seq !== expected) return { kind: 'missing', seq: expected };
  if (text === undefined) return { kind: 'missing', seq, eventId };
  const due = createHash('sha256')
    .update(last?.hash ?? '', 'hex')
    .update(text, 'utf8')
    .digest();
  return due.equals(hash) ? undefined : { kind: 'changed', seq, eventId };
}

/** To be kept outside the database: `17:` and the hash. */
export function formatHead({ seq, hash }: Head): string {
  return `${seq}:${hash}`;
}

/** Undefined for what is no head. */
export function parseHead(text: string): Head | undefined {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  return seq === undefined || hash === undefined ? undefined : { seq: Number(seq), hash };
}

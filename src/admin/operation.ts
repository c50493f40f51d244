/**
 * What can be called at the admin API: one operation is one use case with the schemas of what goes in and out. Owns the
 * shape of it; everything about HTTP is in `routes.ts`, which reads operations, as `openapi.ts` and the client do.
 */
import type { z } from 'zod';
import type { AdminScope } from '../client/own-scopes.ts';
import type { FailureCode } from '../errors.ts';
import type { GuestlistCalls } from '../calls.ts';
import type { Deed } from '../invitation/deed.ts';
import type { Database, Transaction } from '../lib/db.ts';
import type { Caller, Reach } from './access.ts';
import type { AdminSite } from './site.ts';

export type Call = {
  readonly site: AdminSite;
  readonly caller: Caller;
  /** What of it is the caller's business: everything, or what belongs to groups of theirs. */
  readonly reach: Reach;
  /** Who is on record, and from where. */
  readonly by: Deed;
  /** Perhaps a transaction, with `guestlist` inside it. */
  readonly database: Database;
  readonly guestlist: GuestlistCalls;
  readonly now: Date;
  /** Of a file that came with an `Idempotency-Key`. JSON that did is done once by `routes.ts`. */
  readonly repeat: Repeat | undefined;
};

export type Repeat = {
  readonly key: string;
  /** Does it in one transaction, or returns what came of it before. Throws `key_used` where it was another wish. */
  once<Answer>(wish: string, work: (trx: Transaction) => Promise<Answer>): Promise<Answer>;
};

/** Lines or rows that come as they are read, and go as they are made. */
export type Chunks = AsyncIterable<string | Buffer>;
export type Upload = { readonly type: string; readonly chunks: AsyncIterable<Buffer> };
export type Download = { readonly type: string; readonly chunks: Chunks; readonly fileName?: string };

type Object_ = z.ZodObject | undefined;
type Any = z.ZodType | undefined;
export type Out<Schema extends Any> = Schema extends z.ZodType ? z.output<Schema> : undefined;

type Common<Params extends Object_, Query extends Object_> = {
  readonly scope: AdminScope;
  /** Managers have nothing here, whatever of the scope is theirs elsewhere. */
  readonly adminOnly?: true;
  readonly summary: string;
  readonly description?: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly status?: 200 | 201 | 202 | 204;
  /** Something new comes of it: it takes an `Idempotency-Key`. */
  readonly creates?: true;
  /** The answer has something that is told this once, such as a link: it is never left out. */
  readonly tellsOnce?: true;
  /** Besides those of the way here. */
  readonly refusals?: readonly FailureCode[];
  /** As sent; the names of what there is, such as ids, stand for those of the reader's own. */
  readonly example?: { readonly query?: Readonly<Record<string, string>>; readonly body?: unknown };
};

export type Given<Params extends Object_, Query extends Object_, Body> = {
  readonly params: Out<Params>;
  readonly query: Out<Query>;
  readonly body: Body;
};

/** JSON in, JSON out. Without `answer` there is nothing to say (204). */
export type JsonOperation<
  Params extends Object_ = Object_,
  Query extends Object_ = Object_,
  Body extends Any = Any,
  Answer extends Any = Any,
> = Common<Params, Query> & {
  readonly kind: 'json';
  readonly body?: Body;
  readonly answer?: Answer;
  /** Where what was made can be found, after `apiBase`. */
  readonly location?: (answer: Out<Answer>) => string;
  readonly run: (call: Call, given: Given<Params, Query, Out<Body>>) => Promise<Out<Answer>>;
};

/** A file comes in; its rows are answered as they are read. */
export type UploadOperation<Params extends Object_ = Object_, Query extends Object_ = Object_, Answer extends Any = Any> = Common<
  Params,
  Query
> & {
  readonly kind: 'upload';
  readonly takes: readonly string[];
  readonly answer?: Answer;
  readonly run: (call: Call, given: Given<Params, Query, Upload>) => Promise<Out<Answer> | Download>;
};

/** A file goes out. */
export type DownloadOperation<Params extends Object_ = Object_, Query extends Object_ = Object_> = Common<Params, Query> & {
  readonly kind: 'download';
  readonly gives: readonly string[];
  readonly run: (call: Call, given: Given<Params, Query, undefined>) => Promise<Download>;
};

export type Operation = AnyJson | AnyUpload | AnyDownload;
// biome-ignore lint/suspicious/noExplicitAny: what it takes is checked by its own schemas before it runs.
type AnyJson = JsonOperation<any, any, any, any>;
// biome-ignore lint/suspicious/noExplicitAny: as above.
type AnyUpload = UploadOperation<any, any, any>;
// biome-ignore lint/suspicious/noExplicitAny: as above.
type AnyDownload = DownloadOperation<any, any>;

export function json<
  Params extends Object_ = undefined,
  Query extends Object_ = undefined,
  Body extends Any = undefined,
  Answer extends Any = undefined,
>(operation: Omit<JsonOperation<Params, Query, Body, Answer>, 'kind'>): JsonOperation<Params, Query, Body, Answer> {
  return { kind: 'json', ...operation };
}

export function upload<Params extends Object_ = undefined, Query extends Object_ = undefined, Answer extends Any = undefined>(
  operation: Omit<UploadOperation<Params, Query, Answer>, 'kind'>,
): UploadOperation<Params, Query, Answer> {
  return { kind: 'upload', ...operation };
}

export function download<Params extends Object_ = undefined, Query extends Object_ = undefined>(
  operation: Omit<DownloadOperation<Params, Query>, 'kind'>,
): DownloadOperation<Params, Query> {
  return { kind: 'download', ...operation };
}

/**
 * One operation from beginning to end, without HTTP: the same for the API, the console and the command line. Whether the
 * caller may comes first, so that nobody learns from complaints about what they sent.
 */
import { z } from 'zod';
import type { Origin } from '../audit/audit.ts';
import type { Database, Transaction } from '../lib/db.ts';
import { type Caller, reachOf, requireAdmin } from './access.ts';
import type { Call, Download, Operation, Repeat } from './operation.ts';
import { operations } from './operations.ts';
import type { OperationId } from './paths.ts';
import { checkPart, pointing } from './problem.ts';
import { asFailure } from './row-answer.ts';
import type { AdminSite } from './site.ts';

export type Doing = {
  readonly site: AdminSite;
  readonly caller: Caller;
  readonly from: Origin | undefined;
  /** A transaction, where the deed is to be part of one. */
  readonly database: Database | Transaction;
  readonly repeat?: Repeat | undefined;
};

export type Sent = { readonly params: unknown; readonly query: unknown; readonly body: unknown };

/** Throws `insufficient_scope`, `access_denied`; then `wish_invalid`. A file is not looked at here. */
export function readGiven(operation: Operation, sent: Sent, { caller }: Pick<Doing, 'caller'>): Sent {
  requireMay(operation, caller);
  return {
    params: checkPart(operation.params, sent.params, 'path'),
    query: checkPart(operation.query, sent.query, 'query'),
    body: bodyOf(operation, sent.body),
  };
}

/** Nothing is as good as an empty object, where that would do. */
function bodyOf(operation: Operation, body: unknown): unknown {
  if (operation.kind === 'upload') return body;
  const schema = operation.kind === 'json' ? operation.body : undefined;
  return checkPart(schema, schema ? (body ?? {}) : body, 'body');
}

function requireMay({ scope, adminOnly }: Operation, caller: Caller) {
  const reach = reachOf(caller, scope);
  if (adminOnly) requireAdmin(caller);
  return reach;
}

/** What was given has been read. Returns the answer as it goes over the wire; undefined: there is nothing to say. */
export async function perform({ site, caller, from, database, repeat }: Doing, id: OperationId, given: Sent): Promise<unknown> {
  const operation = operations[id] as Operation;
  const call: Call = {
    site,
    caller,
    reach: requireMay(operation, caller),
    by: { actor: caller.accountId ?? 'operator', from },
    database,
    guestlist: database === site.database ? site.guestlist : site.guestlist.within(database as Transaction),
    now: site.clock(),
    repeat,
  };
  const answer: unknown = await asWish(operation.run(call, given as never), operation);
  if (isDownload(operation, answer)) return answer;
  const schema = operation.kind === 'download' ? undefined : operation.answer;
  return schema === undefined ? undefined : JSON.parse(JSON.stringify(z.encode(schema, answer)));
}

export function isDownload(operation: Operation, answer: unknown): answer is Download {
  return (
    operation.kind === 'download' || (operation.kind === 'upload' && typeof answer === 'object' && answer !== null && 'chunks' in answer)
  );
}

async function asWish<Result>(work: Promise<Result>, { kind }: Operation): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    // A file has no place that could be pointed to.
    throw kind === 'json' ? pointing(asFailure(error)) : asFailure(error);
  }
}

/**
 * A use case of the admin API, done for whoever looks at the page: what they may is asked again, and the record says it was
 * them. So the console can do nothing that a program could not.
 */
import type { Context } from 'koa';
import type { Input, Output } from '../admin/http-client.ts';
import type { Download } from '../admin/operation.ts';
import { operations } from '../admin/operations.ts';
import type { OperationId } from '../admin/paths.ts';
import { perform, readGiven } from '../admin/perform.ts';
import { originOf } from '../audit/audit.ts';
import type { Database, Transaction } from '../lib/db.ts';
import type { ConsoleSite, Visitor } from './site.ts';

export type Operating = {
  readonly site: ConsoleSite;
  readonly ctx: Context;
  readonly visitor: Pick<Visitor, 'caller'>;
  /** Default: none. */
  readonly transaction?: Transaction;
};

/** What goes in and comes out is as over the wire, so that instants are text. A file comes as its chunks. */
export async function operate<Id extends OperationId>(
  { site, ctx, visitor: { caller }, transaction }: Operating,
  id: Id,
  given: Input<Id>,
): Promise<Output<Id> extends Response ? Download : Output<Id>> {
  const { params = {}, query = {}, body } = given as { readonly params?: unknown; readonly query?: unknown; readonly body?: unknown };
  const database: Database | Transaction = transaction ?? site.database;
  const doing = { site: site.admin, caller, from: originOf(ctx), database };
  const read = readGiven(operations[id], { params, query, body }, doing);
  return (await perform(doing, id, read)) as Output<Id> extends Response ? Download : Output<Id>;
}

/** Who somebody is, to be read: the address of an account that an answer has only by its id. */
import type { Client } from '../admin/http-client.ts';
import { Failure } from '../errors.ts';

/** Undefined: it is gone, or whoever calls may not know. */
export async function emailOf(api: Client, accountId: string): Promise<string | undefined> {
  try {
    return (await api.getAccount({ params: { accountId } })).email;
  } catch (error) {
    const isUnknown = error instanceof Failure && ['account_not_found', 'insufficient_scope', 'access_denied'].includes(error.code);
    if (isUnknown) return undefined;
    throw error;
  }
}

/** How the provider and the invitation slice ask about accounts. A disabled account is nobody to an app. */
import type { FindAccount } from 'oidc-provider';
import type { FindPerson } from '../invitation/host.ts';
import type { Database } from '../lib/db.ts';
import { toClaims, toPerson } from './account.ts';
import { findAccountById } from './store.ts';

export function createFindAccount(database: Database): FindAccount {
  return async (_ctx, accountId) => {
    const account = await findAccountById(database, accountId);
    if (!account || account.disabledAt) return undefined;
    return { accountId, claims: () => toClaims(account) };
  };
}

export const findPerson: FindPerson = async (accountId, db) => {
  const account = await findAccountById(db, accountId);
  return account && toPerson(account);
};

/** How the provider and the invitation slice ask about accounts. A disabled account is nobody to an app. */
import type { FindAccount } from 'oidc-provider';
import { recordAudit } from '../audit/audit.ts';
import type { ConfirmEmail, FindAccountByEmail, FindPeople, FindPerson, SaveLocale } from '../invitation/host.ts';
import type { Clock } from '../lib/clock.ts';
import type { Database } from '../lib/db.ts';
import { emailKey, emailSchema } from '../lib/email.ts';
import type { Random } from '../lib/random.ts';
import { toClaims, toPerson } from './account.ts';
import { findAccountById, findAccounts, findMailbox, saveLocale, saveProvenEmail } from './store.ts';

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

export const findPeople: FindPeople = async (accountIds, db) => {
  const accounts = await findAccounts(db, accountIds);
  return new Map(accounts.map((account) => [account.id, toPerson(account)]));
};

/** For the invitation slice: whose mailbox is it? */
export const findAccountOfEmail: FindAccountByEmail = async (email, db) => {
  const parsed = emailSchema.safeParse(email);
  return parsed.success ? findMailbox(db, emailKey(parsed.data)) : undefined;
};

/** For the invitation slice: they would rather read another language. */
export const saveAccountLocale: SaveLocale = (accountId, locale, db) => saveLocale(db, accountId, locale);

/** For the invitation slice: a mailbox was proven to be this account's. */
export function createConfirmEmail({ clock, random }: { readonly clock: Clock; readonly random: Random }): ConfirmEmail {
  return async (accountId, email, trx) => {
    const now = clock();
    if (!(await saveProvenEmail(trx, { accountId, email, now }))) return;
    await recordAudit(trx, { at: now, actor: accountId, action: 'account.email_verified', subject: accountId }, random);
  };
}

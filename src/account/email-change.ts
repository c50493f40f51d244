/**
 * Which addresses an account has. Owns that nothing changes before a mail to the new address proved it: the link is kept
 * with the address it was sent to, and a later wish ends the earlier one. It works for whoever is signed in to that
 * account alone: nobody can be tricked into giving their mailbox to somebody else's account.
 */
import { recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { addSeconds } from '../lib/clock.ts';
import { inTransaction, type Transaction } from '../lib/db.ts';
import { type EmailKey, emailKey, maskEmail } from '../lib/email.ts';
import type { Account } from './account.ts';
import { deleteFurtherEmail, makeFirstEmail, replaceFirstEmail } from './address-store.ts';
import type { AccountSite } from './interaction.ts';
import { linkHours, mintToken, tokenDigest } from './mail-link.ts';
import { queueEmailChange, queueEmailChanged } from './mails.ts';
import type { Asked } from './recovery.ts';
import {
  type AccountToken,
  deleteEmailChange,
  deleteExpiredTokens,
  deleteTokensOf,
  findToken,
  insertToken,
  lockAccount,
  takeToken,
} from './recovery-store.ts';
import { findAccountById, findMailbox } from './store.ts';

type OfAccount = Asked & { readonly accountId: string };

/** Mails a link to the new address. One that is another account's looks the same here; its owner is told by mail. */
export async function askForEmailChange(
  site: AccountSite,
  { accountId, email, from, locale }: OfAccount & { readonly email: string },
): Promise<void> {
  const { database, clock, random } = site;
  const key = emailKey(email);
  const token = mintToken(random);
  await inTransaction(database, async (trx) => {
    const now = clock();
    if (!(await lockAccount(trx, accountId))) throw new Failure('account_disabled');
    const mailbox = await findMailbox(trx, key);
    await deleteExpiredTokens(trx, now);
    await deleteEmailChange(trx, accountId);
    const expiresAt = addSeconds(now, linkHours * 60 * 60);
    await insertToken(trx, { digest: tokenDigest(token), purpose: 'email_change', accountId, email, key, now, expiresAt });
    const isTaken = mailbox !== undefined && mailbox.accountId !== accountId;
    await queueEmailChange(site, trx, { to: email, token, isTaken, locale, now });
    await recordAudit(trx, { at: now, actor: accountId, from, action: 'account.email_change_asked', subject: accountId }, random);
  });
}

/** The address that this link would bring; undefined: it leads nowhere, or to another account. */
export async function findEmailChange(
  { database, clock }: AccountSite,
  { token, accountId }: { readonly token: string | undefined; readonly accountId: string },
): Promise<string | undefined> {
  const found = await findToken(database, { digest: tokenDigest(token), purpose: 'email_change', now: clock() });
  return found?.accountId === accountId ? found.email : undefined;
}

/** Throws `link_not_found`, `email_taken`. */
export async function confirmEmailChange(
  site: AccountSite,
  { token, accountId, from, locale }: OfAccount & { readonly token: string | undefined },
): Promise<void> {
  const { database, clock, random } = site;
  await inTransaction(database, async (trx) => {
    const now = clock();
    const { email, key } = await claim(trx, { accountId, digest: tokenDigest(token), now });
    const before = await getAccount(trx, accountId);
    await replaceFirstEmail(trx, { accountId, email, key, now });
    await deleteTokensOf(trx, accountId);
    const record = { at: now, actor: accountId, from, subject: accountId };
    if (emailKey(before.email) === key)
      return before.emailVerifiedAt ? undefined : recordAudit(trx, { ...record, action: 'account.email_verified' }, random);
    await tellBoth(site, trx, { former: before, first: email, locale, now });
    const detail = { from: maskEmail(before.email), to: maskEmail(email) };
    await recordAudit(trx, { ...record, action: 'account.email_changed', detail }, random);
  });
}

async function claim(
  trx: Transaction,
  { accountId, digest, now }: { readonly accountId: string; readonly digest: Buffer; readonly now: Date },
): Promise<AccountToken> {
  const isThere = await lockAccount(trx, accountId);
  const taken = isThere ? await takeToken(trx, { digest, purpose: 'email_change', now }) : undefined;
  // Another account's link: the transaction is given up, and the link stays as it was.
  if (taken?.accountId !== accountId) throw new Failure('link_not_found');
  return taken;
}

async function getAccount(trx: Transaction, accountId: string): Promise<Account> {
  const account = await findAccountById(trx, accountId);
  if (!account) throw new Failure('account_disabled');
  return account;
}

type Moved = Pick<Asked, 'locale'> & { readonly former: Account; readonly first: string; readonly now: Date };

async function tellBoth(site: AccountSite, trx: Transaction, { former, first, ...postmark }: Moved): Promise<void> {
  const causedBy = former.emailVerifiedAt ? undefined : 'stranger';
  await queueEmailChanged(site, trx, { to: former.email, causedBy, change: 'left', about: first, ...postmark });
  await queueEmailChanged(site, trx, { to: first, change: 'came', about: former.email, ...postmark });
}

type OfAddress = OfAccount & { readonly key: EmailKey };

/** A further address becomes the first one. Throws `page_not_found`: it has no such address any more. */
export async function makeFirst(site: AccountSite, { accountId, key, from, locale }: OfAddress): Promise<void> {
  const { database, clock, random } = site;
  await inTransaction(database, async (trx) => {
    const now = clock();
    await lockAccount(trx, accountId);
    const before = await getAccount(trx, accountId);
    if (!(await makeFirstEmail(trx, { accountId, key, now }))) throw new Failure('page_not_found');
    const { email } = await getAccount(trx, accountId);
    await deleteTokensOf(trx, accountId);
    await tellBoth(site, trx, { former: before, first: email, locale, now });
    const detail = { from: maskEmail(before.email), to: maskEmail(email) };
    await recordAudit(trx, { at: now, actor: accountId, from, action: 'account.email_changed', subject: accountId, detail }, random);
  });
}

/** A further address goes, with every link that was mailed. Throws `page_not_found`. */
export async function removeAddress(site: AccountSite, { accountId, key, from, locale }: OfAddress): Promise<void> {
  const { database, clock, random } = site;
  await inTransaction(database, async (trx) => {
    const now = clock();
    await lockAccount(trx, accountId);
    const { email, otherEmails } = await getAccount(trx, accountId);
    const removed = otherEmails.find((other) => emailKey(other.email) === key);
    if (!removed || !(await deleteFurtherEmail(trx, { accountId, key }))) throw new Failure('page_not_found');
    await deleteTokensOf(trx, accountId);
    await queueEmailChanged(site, trx, { to: removed.email, change: 'removed', about: email, locale, now });
    await queueEmailChanged(site, trx, { to: email, change: 'other_removed', about: removed.email, locale, now });
    const event = { at: now, actor: accountId, from, action: 'account.email_removed', subject: accountId, detail: { count: 1 } } as const;
    await recordAudit(trx, event, random);
  });
}

/**
 * A forgotten password (OWASP Forgot Password, NIST 800-63B-4 §4.2). Owns asking for a link and what it does: a new
 * password, an address that is proven by it, and everything else that led into the account ended. Whether an address has
 * an account is told by mail alone. Neighbours: `mail-link.ts` (how a link is opened), `recovery-pages.ts`.
 */
import { type AuditEvent, type Origin, recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { addSeconds } from '../lib/clock.ts';
import { inTransaction, keptIf, type Transaction } from '../lib/db.ts';
import { emailKey } from '../lib/email.ts';
import { newId } from '../lib/random.ts';
import type { Account } from './account.ts';
import { deleteOtherEmails } from './address-store.ts';
import type { AccountSite } from './interaction.ts';
import { linkHours, mintToken, tokenDigest } from './mail-link.ts';
import { type LinkLetter, type MailSite, queuePasswordChanged, queueReset } from './mails.ts';
import {
  type AccountToken,
  deleteExpiredTokens,
  deleteTokensOf,
  findToken,
  insertToken,
  lockAccount,
  setPasswordHash,
  takeToken,
} from './recovery-store.ts';
import { findAccountByEmail, findAccountById, findMailbox, saveProvenEmail } from './store.ts';

/** Of a request. */
export type Asked = { readonly from: Origin; readonly locale: string };

/**
 * Mails a link to the address as the account has it, however it was typed. For an address that nobody has, the same is
 * done and the same is written, and all but the entry in the record is taken back.
 */
export async function askForReset(site: AccountSite, { email, from, locale }: Asked & { readonly email: string }): Promise<void> {
  const { database, clock, random } = site;
  const key = emailKey(email);
  const token = mintToken(random);
  await inTransaction(database, async (trx) => {
    const now = clock();
    const found = await findAccountByEmail(trx, key);
    const account = found?.disabledAt ? undefined : found;
    const subject = account?.id ?? 'nobody';
    await recordAudit(trx, { at: now, actor: 'stranger', from, action: 'account.password_reset_asked', subject }, random);
    const to = (account && addressesOf(account).find((address) => emailKey(address) === key)) ?? email;
    await keptIf(trx, account !== undefined, async () => {
      await deleteExpiredTokens(trx, now);
      await mailLink(site, trx, { accountId: account?.id ?? newId(now, random), to, key, token, locale, now });
    });
  });
}

type ResetSite = MailSite & Pick<AccountSite, 'database' | 'clock'>;

/**
 * The same link, by somebody who looks after the account of a person that cannot get in: it goes to its first address, and
 * to nobody else. Throws `account_not_found`, `account_disabled`.
 */
export async function mailReset(site: ResetSite, { accountId, actor, from }: ResetFor): Promise<void> {
  const { database, clock, random } = site;
  const token = mintToken(random);
  await inTransaction(database, async (trx) => {
    const now = clock();
    const account = await findAccountById(trx, accountId);
    if (!account) throw new Failure('account_not_found', { accountId });
    if (account.disabledAt) throw new Failure('account_disabled');
    const { email: to, locale = 'en' } = account;
    await recordAudit(trx, { at: now, actor, from, action: 'account.password_reset_asked', subject: accountId }, random);
    await deleteExpiredTokens(trx, now);
    await mailLink(site, trx, { accountId, to, key: emailKey(to), token, locale, now });
  });
}

type ResetFor = { readonly accountId: string; readonly actor: string; readonly from: Origin | undefined };

type Link = Pick<AccountToken, 'accountId' | 'key'> & LinkLetter;

async function mailLink(site: MailSite, trx: Transaction, { accountId, key, ...letter }: Link): Promise<void> {
  const { to, token, now } = letter;
  const expiresAt = addSeconds(now, linkHours * 60 * 60);
  await insertToken(trx, { digest: tokenDigest(token), purpose: 'password_reset', accountId, email: to, key, now, expiresAt });
  await queueReset(site, trx, letter);
}

function addressesOf({ email, otherEmails }: Account): string[] {
  return [email, ...otherEmails.map((other) => other.email)];
}

/** What a link would set the password of; undefined: it leads nowhere any more. */
export async function findReset(
  { database, clock }: AccountSite,
  token: string | undefined,
): Promise<(AccountToken & Account) | undefined> {
  const found = await findToken(database, { digest: tokenDigest(token), purpose: 'password_reset', now: clock() });
  const account = found && (await findAccountById(database, found.accountId));
  return found && account && !account.disabledAt ? { ...account, ...found } : undefined;
}

type Reset = Asked & { readonly token: string | undefined; readonly passwordHash: string };

/** Throws `link_not_found`. What is told to apps is told after the transaction. */
export async function resetPassword(site: AccountSite, { token, passwordHash, from, locale }: Reset) {
  const { database, clock, random, sessions } = site;
  return inTransaction(database, async (trx) => {
    const now = clock();
    const { accountId, key, email } = await claim(trx, { digest: tokenDigest(token), now });
    const record = (event: Pick<AuditEvent, 'action' | 'detail'>) =>
      recordAudit(trx, { at: now, actor: accountId, from, subject: accountId, ...event }, random);
    const mailbox = await findMailbox(trx, key);
    // The address is no longer theirs.
    if (mailbox?.accountId !== accountId) throw new Failure('link_not_found');
    if (!mailbox.verified) {
      await saveProvenEmail(trx, { accountId, email, now });
      await record({ action: 'account.email_verified' });
      // Whoever had the account until now has not shown that it is theirs: no way in of their making stays open.
      const removed = await deleteOtherEmails(trx, { accountId, key });
      if (removed > 0) await record({ action: 'account.email_removed', detail: { count: removed } });
    }
    await setPasswordHash(trx, accountId, passwordHash);
    const account = await findAccountById(trx, accountId);
    if (!account) throw new Failure('link_not_found');
    await queuePasswordChanged(site, trx, { account, by: 'mail', locale, now });
    await record({ action: 'account.password_changed', detail: { by: 'mail' } });
    const { tellApps } = await sessions.end(trx, { accountId, keptUid: undefined });
    return { key, tellApps };
  });
}

/** All links to one account wait for each other here; the first one takes the others with it. */
async function claim(trx: Transaction, { digest, now }: { readonly digest: Buffer; readonly now: Date }): Promise<AccountToken> {
  const key = { digest, purpose: 'password_reset', now } as const;
  const found = await findToken(trx, key);
  const taken = found && (await lockAccount(trx, found.accountId)) ? await takeToken(trx, key) : undefined;
  if (!taken) throw new Failure('link_not_found');
  await deleteTokensOf(trx, taken.accountId);
  return taken;
}

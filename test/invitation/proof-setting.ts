/** What the tests of mailbox proofs share: a host on a database of its own, a clock, and a reader of mails. */
import type { Invitation } from '../../src/invitation/invitation.ts';
import { type CodeState, checkCode, createCodeThrottles, type ProofHost, sendCode } from '../../src/invitation/proof.ts';
import type { Visit } from '../../src/invitation/visit.ts';
import { emailKey } from '../../src/lib/email.ts';
import { deriveKey } from '../../src/lib/seal.ts';
import { listMail, type QueuedMail } from '../../src/mail/outbox.ts';
import { addInvitation, addVisit, mailHost, now, seal } from '../mail/making.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const accounts: Readonly<Record<string, { accountId: string; verified: boolean }>> = {
  'has@example.org': { accountId: 'has', verified: true },
  'squatter@example.org': { accountId: 'squatter', verified: false },
};

export type ProofSetting = TestDatabase & {
  readonly host: ProofHost;
  /** The instant of the next deed. */
  time: Date;
  /** No mails, no counts of codes, and the clock at its beginning. */
  begin(): Promise<void>;
  visitTo(more?: Partial<Invitation>): Promise<Visit>;
  send(visit: Visit, email?: string, by?: { readonly accountId?: string; readonly ip?: string }): Promise<CodeState>;
  check(visit: Visit, code: string): Promise<string>;
  mails(): Promise<QueuedMail[]>;
  /** As somebody reads it in the latest mail. */
  mailedCode(): Promise<string>;
};

export async function createProofSetting(): Promise<ProofSetting> {
  const own = await createTestDatabase();
  const { database } = own;
  const codeKey = deriveKey('a secret for tests, 32 characters or more', 'mail code');
  const host: ProofHost = {
    ...mailHost,
    ...createCodeThrottles(database),
    database,
    clock: () => setting.time,
    codeKey: () => codeKey,
    accountOf: async (email) => accounts[emailKey(email)],
    afterCommit: () => undefined,
  };
  const setting: ProofSetting = {
    ...own,
    host,
    time: now,
    async begin() {
      await database.raw('truncate guestlist.mail, guestlist.throttle');
      setting.time = now;
    },
    visitTo: async (more = {}) => addVisit(database, await addInvitation(database, more)),
    send(visit, email, { accountId, ip = '192.0.2.7' } = {}) {
      // No two mails at one instant: the latest is the last.
      setting.time = new Date(setting.time.getTime() + 1);
      return sendCode(host, { visit, email, accountId, ip, locale: 'en' });
    },
    check: (visit, code) => checkCode(host, { visit, code }),
    mails: () => listMail(database, 100, seal),
    async mailedCode() {
      const [mail] = await setting.mails();
      const code = /^\s*([0-9]{6})\s*$/m.exec(mail?.text ?? '')?.[1];
      if (!code) throw new Error('no code in the mail');
      return code;
    },
  };
  return setting;
}

/** Some other six digits. */
export const wrong = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

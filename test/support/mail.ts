/** What somebody finds in their mailbox: the queue as the server would send it, with what rests sealed opened. */
import type { Database } from '../../src/lib/db.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { createSeal } from '../../src/lib/seal.ts';
import { listMail, type QueuedMail } from '../../src/mail/outbox.ts';

export const testSecret = 'a secret for tests, 32 characters or more';

const seal = createSeal(testSecret, secureRandom);

/** The newest first. */
export async function mailbox(database: Database, address: string): Promise<QueuedMail[]> {
  return (await listMail(database, 500, seal)).filter(({ to }) => to === address);
}

async function newest(database: Database, address: string, kind: string): Promise<QueuedMail> {
  const found = (await mailbox(database, address)).find((mail) => mail.kind === kind);
  if (!found) throw new Error(`no mail of the kind ${kind} for ${address}`);
  return found;
}

/** The link in the newest invitation by mail. */
export async function mailedLink(database: Database, address: string): Promise<string> {
  const { text } = await newest(database, address, 'invited');
  const [link] = text.match(/http\S+\/invite\/[A-Za-z0-9_-]{22}/) ?? [];
  if (!link) throw new Error(`no link in: ${text}`);
  return link;
}

/** The six digits in the newest code by mail. */
export async function mailedCode(database: Database, address: string): Promise<string> {
  const { text } = await newest(database, address, 'code');
  const [code] = text.match(/\b\d{3}\s?\d{3}\b/) ?? [];
  if (!code) throw new Error(`no code in: ${text}`);
  return code.replace(/\s/g, '');
}

/** The link in the newest mail that asks to confirm a request for an invitation. */
export async function mailedRequestLink(database: Database, address: string): Promise<string> {
  const { text } = await newest(database, address, 'request-confirm');
  const [link] = text.match(/http\S+\/invite\/request-confirm\/[A-Za-z0-9_-]{22}/) ?? [];
  if (!link) throw new Error(`no link in: ${text}`);
  return link;
}

/** The link in the newest mail that asks for a new password, or for another address to be confirmed. */
export async function mailedAccountLink(database: Database, address: string, kind: 'password-reset' | 'email-change'): Promise<string> {
  const { text } = await newest(database, address, kind);
  const [link] = text.match(/http\S+\/account\/(reset|confirm)\/[A-Za-z0-9_-]{43}/) ?? [];
  if (!link) throw new Error(`no link in: ${text}`);
  return link;
}

/** Sending by SMTP: by one connection a mail for hosts who have no way of their own, by a few kept open for our server. */
import { isPlainAddress } from '../lib/email.ts';
import { MailRefused, type OutgoingMail, type SendMail } from './deliver.ts';

export type SmtpOptions = {
  /** `smtp://user:password@host:port`, or `smtps://…` */
  readonly url: string;
  /** One address, with or without a name: `Choir <choir@example.org>`. */
  readonly from: string;
};

/** Of each step; the url may say otherwise (`?socketTimeout=…`). */
const patience = { connectionTimeout: 10_000, greetingTimeout: 10_000, dnsTimeout: 10_000, socketTimeout: 60_000 };

/** Of all steps together: a server that drips never falls silent. Less than a claim lasts. */
const longestMs = 2 * 60_000;

type Transport = {
  sendMail(message: object): Promise<{ readonly response: string }>;
  close(options?: { readonly force: boolean }): void;
};

/** nodemailer is loaded at the first mail. Throws `TypeError` if `from` is not one address. */
export function smtp(options: SmtpOptions): SendMail {
  return open(options, {}).send;
}

export type Smtp = {
  /** Tells the mail server's words, such as `250 2.0.0 Ok: queued`. */
  readonly send: (mail: OutgoingMail) => Promise<{ readonly response: string }>;
  /** By force: also what is being sent; it fails, and is tried again. */
  close(options?: { readonly force: boolean }): Promise<void>;
};

/** Keeps connections open, so it has to be closed. A password is told to nobody over an open line, see `needsTls`. */
export function openSmtp(options: SmtpOptions, connectionCount: number): Smtp {
  // nodemailer would try again by itself, and count it for nobody.
  return open(options, { pool: true, maxConnections: connectionCount, maxRequeues: 0, requireTLS: needsTls(options.url) });
}

/** Connects and signs in, as for a mail, and sends none. Throws what the mail server says. */
export async function verifySmtp({ url }: Pick<SmtpOptions, 'url'>): Promise<void> {
  const { createTransport } = await import('nodemailer');
  const options = { url, ...patience, requireTLS: needsTls(url), disableFileAccess: true, disableUrlAccess: true };
  const transport = createTransport(options);
  try {
    await transport.verify();
  } finally {
    transport.close();
  }
}

/** Where somebody could listen: a machine of another name, at which we sign in. The url may say otherwise (`?requireTLS=false`). */
function needsTls(url: string): boolean {
  const { username, hostname } = new URL(url);
  return username !== '' && !['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

function open({ url, from }: SmtpOptions, more: object): Smtp {
  const sender = parseSender(from);
  if (!sender) throw new TypeError('from: it must be one address, with or without a name: Choir <choir@example.org>');
  let opening: Promise<Transport> | undefined;
  return {
    async send(mail) {
      // nodemailer would take `a@x, b@y` for two.
      if (!isPlainAddress(mail.to)) throw new TypeError('a mail goes to one plain address');
      const options = { url, ...patience, ...more, disableFileAccess: true, disableUrlAccess: true };
      opening ??= import('nodemailer').then(({ createTransport }) => createTransport(options) as unknown as Transport);
      const transport = await opening;
      return transport.sendMail({ ...messageOf(mail, sender), signal: AbortSignal.timeout(longestMs) }).catch((error: unknown) => {
        throw refusalOf(error) ?? error;
      });
    },
    close: async (options) => (await opening)?.close(options),
  };
}

type Sender = { readonly name: string; readonly address: string };

/** Undefined: it is not one address. Quotes around a name are left out. */
export function parseSender(text: string): Sender | undefined {
  const [, name = '', address = text] = text.match(/^([^<>]*)<([^<>]*)>$/) ?? [];
  const plainName = name.trim().replace(/^"(.*)"$/, '$1');
  return isPlainAddress(address) && !/[\p{C}\p{Zl}\p{Zp}"\\]/u.test(plainName) ? { name: plainName, address } : undefined;
}

/** RFC 3834: no machine answers it. X-Auto-Response-Suppress says the same to Exchange. */
const automatic = { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' };

function messageOf({ to, subject, text, html, messageId, unsubscribeUrl }: OutgoingMail, from: Sender): object {
  const recipient = { name: '', address: to };
  const envelope = { from: from.address, to: [recipient] };
  // RFC 8058: one click, by the mail program itself.
  const stop = { 'List-Unsubscribe': `<${unsubscribeUrl}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' };
  const headers = unsubscribeUrl === undefined ? automatic : { ...automatic, ...stop };
  return { from, to: recipient, envelope, subject, text, html, messageId, headers };
}

/** A 5xx about this mail. One that is said before there is a mail, to us or to our password, is for the operator to mend. */
function refusalOf(error: unknown): MailRefused | undefined {
  const { responseCode, command, response } = (error ?? {}) as { responseCode?: unknown; command?: unknown; response?: unknown };
  const isAboutMail = command === 'MAIL FROM' || command === 'RCPT TO' || command === 'DATA';
  const isForGood = typeof responseCode === 'number' && responseCode >= 500 && responseCode < 600 && !notForGood.includes(responseCode);
  if (!isAboutMail || !isForGood) return undefined;
  const [, detail] = String(response).match(/^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/) ?? [];
  return new MailRefused(detail === undefined ? String(responseCode) : `${responseCode} ${detail}`, error);
}

/** Bad order of commands, and sign-in wanted or failed. */
const notForGood: readonly number[] = [503, 530, 534, 535, 538];

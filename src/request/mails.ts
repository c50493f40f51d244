/** The mails of this slice: what each is told, and queueing it. The words are in `views/mail`. */
import type { Transaction } from '../lib/db.ts';
import { type InvitationHost, ownUrl } from '../invitation/host.ts';
import type { Token } from '../invitation/token.ts';
import { queueMail } from '../mail/outbox.ts';
import { renderTriad } from '../mail/triad.ts';
import type { RequestMailData } from './pages.ts';
import { confirmHours } from './request.ts';

type MailHost = Pick<InvitationHost, 'random' | 'issuer' | 'home' | 'renderer' | 'seal'>;

type Letter<Kind extends keyof RequestMailData> = {
  readonly kind: Kind;
  readonly to: string;
  readonly data: RequestMailData[Kind];
  readonly secret?: boolean;
  readonly unsubscribeUrl?: string;
  readonly locale: string;
  readonly now: Date;
};

async function queue<Kind extends keyof RequestMailData>(host: MailHost, trx: Transaction, letter: Letter<Kind>): Promise<void> {
  const { kind, to, data, secret = false, unsubscribeUrl, locale, now } = letter;
  const { random, seal } = host;
  const render = host.renderer.render<Record<string, unknown>>();
  const parts = renderTriad(kind, (template) => render(template, data, { locale, now }));
  await queueMail(trx, { kind, to, secret, unsubscribeUrl, ...parts }, { now, random, seal });
}

type Postmark = { readonly to: string; readonly group: string; readonly locale: string; readonly now: Date };

/** `TypeError` without a seal. */
export async function queueConfirmation(
  host: MailHost,
  trx: Transaction,
  { group, token, ...postmark }: Postmark & { readonly token: Token },
): Promise<void> {
  const data = { group, link: ownUrl(host.issuer, `/invite/request-confirm/${token}`), hours: confirmHours };
  await queue(host, trx, { ...postmark, kind: 'request-confirm', secret: true, data });
}

/** Can be stopped with one click; sealed for that link, which is one person's alone. `TypeError` without a seal. */
export async function queueWaiting(
  host: MailHost,
  trx: Transaction,
  { group, waitingCount, stopHref, ...postmark }: Postmark & { readonly waitingCount: number; readonly stopHref: string },
): Promise<void> {
  const data = { group, waitingCount, queueHref: ownUrl(host.issuer, '/invite/requests'), stopHref };
  await queue(host, trx, { ...postmark, kind: 'request-waiting', secret: true, unsubscribeUrl: stopHref, data });
}

export async function queueDeclined(
  host: MailHost,
  trx: Transaction,
  { group, message, ...postmark }: Postmark & { readonly message: string },
): Promise<void> {
  await queue(host, trx, { ...postmark, kind: 'request-declined', data: { group, message, homeHref: host.home } });
}

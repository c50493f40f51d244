/** The mails of this slice: what each is told, and queueing it. The words are in `views/mail`. */
import { ownUrl } from '../invitation/host.ts';
import type { Transaction } from '../lib/db.ts';
import { isPlainAddress, maskEmail } from '../lib/email.ts';
import type { Renderer } from '../lib/page.ts';
import type { Random } from '../lib/random.ts';
import type { Seal } from '../lib/seal.ts';
import { type NewMail, queueMail } from '../mail/outbox.ts';
import { renderTriad } from '../mail/triad.ts';
import type { Account } from './account.ts';
import { linkHours, mailedUrl } from './mail-link.ts';
import type { AccountMailData, EmailChangedMail, PasswordChangedMail } from './pages.ts';

export type MailSite = {
  readonly random: Random;
  readonly issuer: string;
  readonly renderer: Renderer;
  readonly seal: Seal;
  /** Where help can be asked for, `mailto:` or `https:`. */
  readonly support: string | undefined;
};

/** Which language, and when. */
export type Postmark = { readonly locale: string; readonly now: Date };

type Kind = keyof AccountMailData;

type Letter<Name extends Kind> = Pick<NewMail, 'causedBy'> & {
  readonly kind: Name;
  readonly to: string;
  readonly data: AccountMailData[Name];
  readonly secret?: boolean;
};

function write<Name extends Kind>({ renderer }: MailSite, letter: Letter<Name>, postmark: Postmark): NewMail {
  const { kind, to, data, secret = false, causedBy } = letter;
  const render = renderer.render<Record<string, unknown>>();
  return { kind, to, secret, causedBy, ...renderTriad(kind, (template) => render(template, data, postmark)) };
}

async function queue({ random, seal }: MailSite, trx: Transaction, { mail, now }: { readonly mail: NewMail; readonly now: Date }) {
  await queueMail(trx, mail, { now, random, seal });
}

export type LinkLetter = Postmark & { readonly to: string; readonly token: string };

/** To whoever has forgotten the password. */
export async function queueReset(site: MailSite, trx: Transaction, { to, token, ...postmark }: LinkLetter): Promise<void> {
  const data = { link: mailedUrl(site.issuer, 'password_reset', token), hours: linkHours };
  await queue(site, trx, { mail: write(site, { kind: 'password-reset', to, data, secret: true }, postmark), now: postmark.now });
}

/**
 * To an address that somebody wants to use. If it is another account's, its owner is told so, and the token goes to
 * nobody; both are written and sealed alike: the time that it takes does not tell which.
 */
export async function queueEmailChange(
  site: MailSite,
  trx: Transaction,
  { to, token, isTaken, ...postmark }: LinkLetter & { readonly isTaken: boolean },
): Promise<void> {
  const forgotHref = ownUrl(site.issuer, '/account/forgot');
  const letter = (link: string | undefined) =>
    write(site, { kind: 'email-change', to, data: { link, hours: linkHours, forgotHref }, secret: true }, postmark);
  const withLink = letter(mailedUrl(site.issuer, 'email_change', token));
  const withNews = letter(undefined);
  await queue(site, trx, { mail: isTaken ? withNews : withLink, now: postmark.now });
}

/** To every address of the account: whoever did not change it should hear of it wherever they look. */
export async function queuePasswordChanged(
  site: MailSite,
  trx: Transaction,
  { account, by, ...postmark }: Postmark & { readonly account: Account; readonly by: PasswordChangedMail['by'] },
): Promise<void> {
  const data = { by, forgotHref: ownUrl(site.issuer, '/account/forgot'), supportHref: site.support };
  const first = { email: account.email, verified: account.emailVerifiedAt !== undefined };
  for (const { email, verified } of [first, ...account.otherEmails].filter((address) => isPlainAddress(address.email))) {
    const letter = { kind: 'password-changed', to: email, causedBy: verified ? undefined : 'stranger', data } as const;
    await queue(site, trx, { mail: write(site, letter, postmark), now: postmark.now });
  }
}

type EmailChangedLetter = Postmark &
  Pick<NewMail, 'to' | 'causedBy'> &
  Pick<EmailChangedMail, 'change'> & {
    /** Told masked: an old mailbox may be somebody else's by now. */
    readonly about: string;
  };

export async function queueEmailChanged(
  site: MailSite,
  trx: Transaction,
  { to, causedBy, change, about, ...postmark }: EmailChangedLetter,
): Promise<void> {
  if (!isPlainAddress(to)) return;
  const data = { change, address: maskEmail(about), homeHref: ownUrl(site.issuer, '/'), supportHref: site.support };
  await queue(site, trx, { mail: write(site, { kind: 'email-changed', to, causedBy, data }, postmark), now: postmark.now });
}

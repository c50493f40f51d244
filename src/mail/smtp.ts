/** Sending by SMTP, for those who have no way of their own. */
import type { SendMail } from './deliver.ts';

export type SmtpOptions = {
  /** `smtp://user:password@host:port`, or `smtps://…` */
  readonly url: string;
  /** One address, with or without a name. */
  readonly from: string;
};

/** nodemailer is loaded at the first mail. One plain address a message: it would take `a@x, b@y` for two. */
export function smtp({ url, from }: SmtpOptions): SendMail {
  let transport: Promise<{ sendMail(message: object): Promise<unknown> }> | undefined;
  return async ({ to, subject, text, html }) => {
    transport ??= import('nodemailer').then(({ createTransport }) => createTransport(url));
    await (await transport).sendMail({ from, to: { name: '', address: to }, subject, text, html });
  };
}

/** Whether mail leaves the house and arrives: the mail server, and what the domain of the sender publishes. */
import { checkRecords, domainOf, type LookUp, type MailRecord } from '../mail/records.ts';
import { type SmtpOptions, verifySmtp } from '../mail/smtp.ts';
import type { Check, Finding } from './doctor-check.ts';

export function smtpCheck({ smtp, production }: { readonly smtp: SmtpOptions | undefined; readonly production: boolean }): Check {
  const name = 'smtp';
  return {
    name,
    limitMs: 30_000,
    advice: 'See SMTP_URL, and whether the mail server can be reached from here: guestlist mail test <address>',
    run: async () => {
      const advice = 'Set SMTP_URL and MAIL_FROM: mail stays in the database, to be looked at.';
      if (!smtp) return { name, status: production ? 'fail' : 'warn', message: 'No mail server is set.', advice };
      await verifySmtp(smtp);
      return { name, status: 'ok', message: `The mail server at ${new URL(smtp.url).host} lets us in.` };
    },
  };
}

type Publishing = { readonly from: string; readonly host: string | undefined; readonly lookUp: LookUp };

/** Most mail servers say which selector they sign with; this is the one that the console assumes as well. */
const usualSelector = 'default';

export function dnsCheck({ from, host, lookUp }: Publishing): Check {
  return {
    name: 'dns',
    run: async () => {
      const domain = domainOf(from);
      const records = await checkRecords({ from, host, selector: usualSelector }, lookUp);
      return records.map((record) => recordFinding(record, domain));
    },
  };
}

function recordFinding({ kind, name, wanted, state, found }: MailRecord, domain: string): Finding {
  const title = `dns ${kind}`;
  const kindName = kind.toUpperCase();
  if (state === 'there') return { name: title, status: 'ok', message: `${name} has ${found[0]}` };
  if (state === 'other')
    return {
      name: title,
      status: 'warn',
      message: `${name} has more than one ${kindName} record, which is as good as none.`,
      advice: 'Leave one.',
    };
  if (state === 'unknown')
    return {
      name: title,
      status: 'warn',
      message: `Nobody says whether ${name} has a ${kindName} record.`,
      advice: 'See whether DNS works from here.',
    };
  if (kind === 'dkim')
    return {
      name: title,
      status: 'warn',
      message: `There is no DKIM key at ${name}, which is one place for it of many.`,
      advice: `See with your mail server which selector signs for ${domain}, and that <selector>._domainkey.${domain} has its key.`,
    };
  return {
    name: title,
    status: 'warn',
    message: `${name} has no ${kindName} record: mail may be taken for spam.`,
    advice: `Publish as TXT: ${wanted}`,
  };
}

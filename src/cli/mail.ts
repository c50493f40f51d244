/** `guestlist mail list|show|retry|test`: what became of the mails, and whether one would leave the house at all. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Client, each, type Input, type Output } from '../admin/http-client.ts';
import { systemClock } from '../lib/clock.ts';
import { isPlainAddress } from '../lib/email.ts';
import { newId, secureRandom } from '../lib/random.ts';
import { MailRefused } from '../mail/deliver.ts';
import { openSmtp } from '../mail/smtp.ts';
import { testMail } from '../mail/test-mail.ts';
import { type Config, ConfigError, readConfig } from '../server/config.ts';
import { firstOf, withCalls } from './calls.ts';
import { ending, examples, type OutputOptions, print } from './command.ts';
import { wholeNumber } from './option.ts';
import { remoteSettings } from './remote.ts';
import { visible } from './visible.ts';
import { defined } from './wish.ts';

export function addMailCommand(program: Command): void {
  const mail = program.command('mail').description('mail that leaves the house');
  mail
    .command('list')
    .description('show what became of the newest mails; not what they say')
    .option('--to <address>', 'only to this address')
    .option('--kind <kind>', 'only of this kind, such as invited')
    .addOption(new Option('--state <state>', 'only those that are so').choices([...states]))
    .option('--limit <n>', 'how many', (text) => wholeNumber(text, { from: 1, to: 10_000 }), 100)
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('mail list', 'mail list --state failed --to ada@example.org'))
    .action(ending(list));
  mail
    .command('show')
    .description('what became of one')
    .argument('<id>')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('mail show 0199f3f0-0000-7000-8000-000000000001'))
    .action(ending(show));
  mail
    .command('retry')
    .description('send one again that was given up, or now what waits after a try')
    .argument('<id>')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('mail retry 0199f3f0-0000-7000-8000-000000000001'))
    .action(ending(retry));
  mail
    .command('test')
    .description('send a test mail now; ends with 1 if the mail server does not take it')
    .argument('<address>', 'to whom', plainAddress)
    .option(
      '--wait <seconds>',
      'with GUESTLIST_URL: how long to wait for what becomes of it',
      (text) => wholeNumber(text, { from: 0, to: 600 }),
      90,
    )
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('mail test ada@example.org'))
    .action(ending(sendTest));
}

const states = ['waiting', 'sent', 'failed', 'cancelled'] as const;

function plainAddress(text: string): string {
  if (!isPlainAddress(text)) throw new InvalidArgumentError('It must be one e-mail address, such as ada@example.org.');
  return text;
}

type Mail = Output<'getMail'>;
type Filter = Pick<NonNullable<Input<'listMails'>['query']>, 'to' | 'kind' | 'state'>;

async function list({ limit, to, kind, state, ...output }: OutputOptions & Filter & { readonly limit: number }): Promise<void> {
  await withCalls(async ({ api }) => {
    const filter = defined({ to, kind, state });
    const pages = each((query) => api.listMails({ query: { ...filter, ...query, limit: Math.min(limit, 200) } }));
    const mails = await firstOf(pages, limit);
    print(output, { value: mails, lines: mails.length > 0 ? mails.map(line) : ['There is no mail yet.'] });
  });
}

async function show(id: string, output: OutputOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    const mail = await api.getMail({ params: { mailId: id } });
    print(output, { value: mail, lines: linesOf(mail) });
  });
}

async function retry(id: string, output: OutputOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    const mail = await api.retryMail({ params: { mailId: id } });
    print(output, { value: mail, lines: ['A running server sends it now.', ...linesOf(mail)] });
  });
}

function linesOf(mail: Mail): string[] {
  return [
    line(mail),
    `  ${visible(mail.subject)}`,
    ...(mail.invitationId === null ? [] : [`  of invitation ${mail.invitationId}`]),
    ...(mail.retryable ? [`  Try it again with: guestlist mail retry ${mail.id}`] : []),
  ];
}

function line(mail: Mail): string {
  return `${mail.id}  ${mail.queuedAt}  ${mail.kind.padEnd(8)}  ${visible(mail.to ?? '(forgotten)')}  ${visible(fateOf(mail))}`;
}

function fateOf({ sentAt, cancelledAt, failedAt, failure, nextAttemptAt, attempts }: Mail): string {
  const tries = attempts === 1 ? '1 try' : `${attempts} tries`;
  if (sentAt) return `sent ${sentAt}, ${tries}`;
  if (failedAt) return `failed ${failedAt}, ${tries}: ${failure}`;
  if (cancelledAt) return `cancelled ${cancelledAt}, ${tries}`;
  return nextAttemptAt ? `waits until ${nextAttemptAt}, ${tries}` : `waits, ${tries}`;
}

type TestOptions = OutputOptions & { readonly wait: number };

async function sendTest(to: string, options: TestOptions): Promise<void> {
  await (remoteSettings(process.env) ? sendThere(to, options) : sendHere(to, options));
}

/** By the server that GUESTLIST_URL names, on the way that all its mail goes. */
async function sendThere(to: string, { wait, ...output }: TestOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    const mail = await untilSettled(api, await api.sendTestMail({ body: { to } }), wait);
    const sent = mail.state === 'sent';
    const told = sent ? 'The mail server has taken it.' : mail.state === 'waiting' ? 'It waits still.' : 'The mail was not sent.';
    print(output, { value: { ...mail, to, sent }, lines: [told, line(mail)] });
    if (!sent && wait > 0) process.exitCode = 1;
  });
}

async function untilSettled(api: Client, queued: Mail, seconds: number): Promise<Mail> {
  let mail = queued;
  for (let waited = 0; waited < seconds && mail.state === 'waiting' && mail.attempts === 0; waited += 1) {
    await pause(1_000);
    mail = await api.getMail({ params: { mailId: mail.id } });
  }
  return mail;
}

/** Without the database: with what the settings say, to hear the mail server's own words. */
async function sendHere(to: string, options: OutputOptions): Promise<void> {
  const config = readConfig(process.env);
  if (!config.smtp) throw new ConfigError(['SMTP_URL is needed to send mail: smtp://user:password@host:587, or smtps://…']);
  const smtp = openSmtp(config.smtp, 1);
  try {
    const { response } = await smtp.send({ ...testMail({ ...config, to }), messageId: messageIdAt(config) });
    print(options, { value: { to, sent: true, answer: response }, lines: [`The mail server has taken it: ${visible(response)}`] });
  } catch (error) {
    const answer = whatItSaid(error);
    print(options, { value: { to, sent: false, answer }, lines: [`The mail was not sent: ${visible(answer)}`] });
    process.exitCode = 1;
  } finally {
    await smtp.close();
  }
}

function messageIdAt({ issuer }: Config): string {
  return `<${newId(systemClock(), secureRandom)}@${new URL(issuer).hostname}>`;
}

/** The mail server's own words, for the operator alone. */
function whatItSaid(error: unknown): string {
  const said = error instanceof MailRefused ? error.cause : error;
  return said instanceof Error ? said.message : String(said);
}

/** `guestlist mail list|test`: what became of the mails, and whether one would leave the house at all. */
import { type Command, InvalidArgumentError } from 'commander';
import { systemClock } from '../lib/clock.ts';
import { isPlainAddress } from '../lib/email.ts';
import { newId, secureRandom } from '../lib/random.ts';
import { MailRefused } from '../mail/deliver.ts';
import { listFates } from '../mail/outbox.ts';
import { openSmtp } from '../mail/smtp.ts';
import { testMail } from '../mail/test-mail.ts';
import { type Config, ConfigError, readConfig } from '../server/config.ts';
import { ending, type OutputOptions, print, withDatabase } from './command.ts';
import { wholeNumber } from './option.ts';
import { visible } from './visible.ts';

export function addMailCommand(program: Command): void {
  const mail = program.command('mail').description('mail that leaves the house');
  mail
    .command('list')
    .description('show what became of the newest mails; not what they say')
    .option('--limit <n>', 'how many', (text) => wholeNumber(text, { from: 1, to: 10_000 }), 100)
    .option('--json', 'answer in JSON')
    .action(ending(list));
  mail
    .command('test')
    .description('send a test mail now; ends with 1 if the mail server does not take it')
    .argument('<address>', 'to whom', plainAddress)
    .option('--json', 'answer in JSON')
    .action(ending(sendTest));
}

function plainAddress(text: string): string {
  if (!isPlainAddress(text)) throw new InvalidArgumentError('It must be one e-mail address, such as ada@example.org.');
  return text;
}

type Fate = Awaited<ReturnType<typeof listFates>>[number];

async function list({ limit, ...output }: OutputOptions & { readonly limit: number }): Promise<void> {
  await withDatabase(async ({ database }) => {
    const mails = await listFates(database, limit);
    print(output, { value: mails, lines: mails.length > 0 ? mails.map(line) : ['There is no mail yet.'] });
  });
}

function line(mail: Fate): string {
  return `${mail.id}  ${mail.queuedAt.toISOString()}  ${mail.kind.padEnd(8)}  ${visible(mail.to)}  ${fateOf(mail)}`;
}

function fateOf({ sentAt, cancelledAt, failedAt, failure, nextAttemptAt, attempts }: Fate): string {
  const tries = attempts === 1 ? '1 try' : `${attempts} tries`;
  if (sentAt) return `sent ${sentAt.toISOString()}, ${tries}`;
  if (failedAt) return `failed ${failedAt.toISOString()}, ${tries}: ${failure}`;
  if (cancelledAt) return `cancelled ${cancelledAt.toISOString()}, ${tries}`;
  return nextAttemptAt ? `waits until ${nextAttemptAt.toISOString()}, ${tries}` : `waits, ${tries}`;
}

async function sendTest(to: string, options: OutputOptions): Promise<void> {
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

/** Mail: what became of it, and whether it arrives at all. Never what it says. Admins alone. */
import { z } from 'zod';
import { recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { inTransaction } from '../lib/db.ts';
import { emailKey, emailSchema, isPlainAddress, maskEmail } from '../lib/email.ts';
import { findLoggedMail, listLoggedMails, mailStates, markDueAgain, type LoggedMail } from '../mail/log-store.ts';
import { queueMail } from '../mail/outbox.ts';
import { testMail } from '../mail/test-mail.ts';
import { type Call, json } from './operation.ts';
import { fromCursor, instant, line, page, pageOf, toPage, uuid } from './schema.ts';

const mail = z
  .object({
    id: z.string(),
    kind: z.string(),
    to: z.string().nullable().meta({ description: 'null: forgotten' }),
    subject: z.string(),
    state: z.enum(mailStates).meta({ description: '`waiting` is also one that could not be sent yet and is tried again' }),
    queuedAt: instant,
    sentAt: instant.nullable(),
    cancelledAt: instant.nullable(),
    failedAt: instant.nullable(),
    failure: z.string().nullable().meta({ description: 'A code of the mail server, or `recipient_budget`: they had had enough mail' }),
    attempts: z.int(),
    lastTriedAt: instant.nullable(),
    nextAttemptAt: instant.nullable(),
    invitationId: z.string().nullable(),
    retryable: z.boolean().meta({ description: 'It failed, or waits after a try, and what it said is still there' }),
  })
  .meta({ id: 'Mail' });

const params = z.strictObject({ mailId: uuid });

/** Throws `mail_not_found`. */
async function findMail({ database }: Call, mailId: string): Promise<LoggedMail> {
  const found = await findLoggedMail(database, mailId);
  if (!found) throw new Failure('mail_not_found');
  return found;
}

/** However it is written. What is no address has no mails. */
const address = line(1_000)
  .refine((text) => emailSchema.safeParse(text).success, 'must be an e-mail address')
  .meta({ description: 'To exactly this address', examples: ['ada@example.org'] });

export const mailOperations = {
  listMails: json({
    scope: 'mail:read',
    summary: 'What became of mails, the newest first',
    query: z.strictObject({
      ...page,
      to: address.optional(),
      kind: line(100).optional(),
      state: z.enum(mailStates).optional(),
      createdAfter: instant.optional(),
      createdBefore: instant.optional(),
    }),
    answer: pageOf(mail),
    run: async ({ database }, { query: { limit, cursor, to, createdAfter, createdBefore, ...filter } }) => {
      const before = fromCursor(cursor, z.tuple([instant, z.string()]));
      const key = to === undefined ? undefined : emailKey(emailSchema.parse(to));
      const span = { queuedAfter: createdAfter, queuedBefore: createdBefore };
      const rows = await listLoggedMails(database, { ...filter, ...span, to: key, before, limit: limit + 1 });
      return toPage(rows, limit, ({ queuedAt, id }) => [queuedAt.toISOString(), id]);
    },
  }),
  getMail: json({
    scope: 'mail:read',
    summary: 'What became of one mail',
    params,
    answer: mail,
    refusals: ['mail_not_found'],
    run: (call, { params: { mailId } }) => findMail(call, mailId),
  }),
  retryMail: json({
    scope: 'mail:write',
    summary: 'Send a mail again that was given up, or now what waits after a try',
    description: 'What carried a link or a code and was given up is gone: resend the invitation, or have a new link mailed.',
    params,
    answer: mail,
    refusals: ['mail_not_found', 'mail_not_retryable'],
    run: async (call, { params: { mailId } }) => {
      await inTransaction(call.database, async (trx) => {
        const { kind, attempts } = await findMail({ ...call, database: trx }, mailId);
        if (!(await markDueAgain(trx, mailId, call.now))) throw new Failure('mail_not_retryable');
        const entry = { at: call.now, ...call.by, action: 'mail.retried', subject: mailId, detail: { kind, attempts } } as const;
        await recordAudit(trx, entry, call.site.random);
      });
      return findMail(call, mailId);
    },
  }),
  sendTestMail: json({
    scope: 'mail:write',
    summary: 'Send a test mail, by the way that all mail goes',
    description: 'It is queued, and sent within a minute where there is a mail server: ask what became of it by its id.',
    creates: true,
    status: 202,
    body: z.strictObject({ to: line(254).refine(isPlainAddress, 'must be one e-mail address') }),
    answer: mail,
    location: ({ id }) => `/mails/${id}`,
    example: { body: { to: 'ada@example.org' } },
    run: async (call, { body: { to } }) => {
      const { brand, issuer, random } = call.site;
      const id = await inTransaction(call.database, async (trx) => {
        const mailId = await queueMail(trx, testMail({ brand, issuer, to }), { now: call.now, random });
        const entry = { at: call.now, ...call.by, action: 'mail.tested', subject: mailId, detail: { to: maskEmail(to) } } as const;
        await recordAudit(trx, entry, random);
        return mailId;
      });
      return findMail(call, id);
    },
  }),
};

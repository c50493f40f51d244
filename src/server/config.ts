/**
 * What the operator sets, all of it: environment variables, each also as `NAME_FILE` with the value in a file. Every
 * mistake is told at once, each with its variable. Development needs nothing; production insists on what it needs.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { isContactAddress, isWebAddress } from '../lib/web-address.ts';
import { parseSender, type SmtpOptions } from '../mail/smtp.ts';

const issuerSchema = z
  .string()
  .refine((text) => /^https?:\/\//i.test(text) && URL.canParse(text), 'must be an address that starts with https:// (or http://)')
  .refine((text) => !/[?#]/.test(text), 'must have no query and no fragment')
  .refine((text) => !text.endsWith('/'), 'must not end with a slash');

const documentSchema = z.string().refine(isWebAddress, 'must be an address that starts with https:// (or http://)').optional();

const schema = z.object({
  NODE_ENV: z.enum(['development', 'production', 'test'], 'must be development, production or test').default('development'),
  PORT: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(1, 'must be 1 or more')
    .max(65_534, 'must be less than 65535')
    .default(3000),
  ISSUER: issuerSchema.optional(),
  DATA_DIR: z.string().min(1, 'must not be empty').default('./data'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must start with postgres://')
    .optional(),
  GUESTLIST_SECRET: z.string().min(32, 'must have 32 characters or more').optional(),
  TRUST_PROXY: z.coerce
    .number('must be the number of proxies')
    .int('must be a whole number')
    .min(0, 'must be 0 or more')
    .max(10, 'must be 10 or less')
    .default(0),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent'], 'must be debug, info, warn, error or silent').optional(),
  REGISTRATION: z.enum(['invited', 'nobody'], 'must be invited or nobody').default('invited'),
  CLIENT_REGISTRATION: z.enum(['off', 'token'], 'must be off or token').default('off'),
  BRAND: z.string().min(1, 'must not be empty').max(60, 'must have 60 characters or fewer').default('Guestlist'),
  TERMS_URL: documentSchema,
  PRIVACY_URL: documentSchema,
  SUPPORT_URL: z.string().refine(isContactAddress, 'must be an address that starts with mailto: or https://').optional(),
  SMTP_URL: z
    .string()
    .refine((text) => /^smtps?:\/\/[^/?#]/i.test(text) && URL.canParse(text), 'must be an address that starts with smtp:// or smtps://')
    .optional(),
  MAIL_FROM: z
    .string()
    .refine((text) => parseSender(text) !== undefined, 'must be one e-mail address, with or without a name: Choir <choir@example.org>')
    .optional(),
  KEY_ROTATION_DAYS: z.coerce
    .number('must be a number of days')
    .int('must be a whole number')
    .max(3_650, 'must be 3650 or less')
    .refine((days) => days === 0 || days >= 7, 'must be 7 or more, or 0 for never')
    .default(90),
  WORKER: z.enum(['on', 'off'], 'must be on or off').default('on'),
});

export type Config = {
  readonly production: boolean;
  readonly port: number;
  readonly issuer: string;
  readonly dataDir: string;
  /** Undefined: the embedded PostgreSQL under `dataDir`. */
  readonly databaseUrl: string | undefined;
  /** Undefined: one is made and kept under `dataDir`; never in production. */
  readonly secret: string | undefined;
  /** How many proxies of ours stand before the server. */
  readonly proxyCount: number;
  readonly logLevel: string;
  readonly brand: string;
  /** Who may make an account: whoever is invited, or nobody at the moment. */
  readonly registration: 'invited' | 'nobody';
  /** Whether apps can register themselves: not at all, or with a token that the operator made. */
  readonly clientRegistration: 'off' | 'token';
  /** Addresses of what must be agreed to before joining. */
  readonly terms: { readonly terms: string | undefined; readonly privacy: string | undefined };
  /** Where help can be asked for. */
  readonly support: string | undefined;
  /** Undefined: mail stays in the database; never in production. */
  readonly smtp: SmtpOptions | undefined;
  /** How long a key signs before the next takes its place. 0: until the operator says so. */
  readonly keyRotationDays: number;
  /** Whether the server does its jobs itself, mail among them. */
  readonly worker: boolean;
};

/** Its message has one line for each variable that is wrong. */
export class ConfigError extends Error {
  constructor(complaints: readonly string[]) {
    super(`The settings are not right:\n${complaints.map((line) => `  ${line}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws `ConfigError`. */
export function readConfig(environment: Environment): Config {
  const variables = Object.keys(schema.shape).map((name) => ({ name, ...readVariable(environment, name) }));
  const settings = Object.fromEntries(variables.map(({ name, value }) => [name, value]));
  const parsed = schema.safeParse(settings);
  const mistakes = parsed.error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`) ?? [];
  const complaints = [
    ...variables.flatMap(({ complaint }) => complaint ?? []),
    ...mistakes,
    ...missingInProduction(settings),
    ...missingForMail(settings),
  ];
  if (!parsed.success || complaints.length > 0) throw new ConfigError(complaints);
  const { NODE_ENV, PORT, ISSUER, LOG_LEVEL, ...rest } = parsed.data;
  const production = NODE_ENV === 'production';
  return {
    production,
    port: PORT,
    issuer: ISSUER ?? `http://localhost:${PORT}`,
    dataDir: rest.DATA_DIR,
    databaseUrl: rest.DATABASE_URL,
    secret: rest.GUESTLIST_SECRET,
    proxyCount: rest.TRUST_PROXY,
    logLevel: LOG_LEVEL ?? (production ? 'info' : 'warn'),
    brand: rest.BRAND,
    registration: rest.REGISTRATION,
    clientRegistration: rest.CLIENT_REGISTRATION,
    terms: { terms: rest.TERMS_URL, privacy: rest.PRIVACY_URL },
    support: rest.SUPPORT_URL,
    smtp: rest.SMTP_URL && rest.MAIL_FROM ? { url: rest.SMTP_URL, from: rest.MAIL_FROM } : undefined,
    keyRotationDays: rest.KEY_ROTATION_DAYS,
    worker: rest.WORKER === 'on',
  };
}

function missingInProduction({ NODE_ENV, ISSUER, GUESTLIST_SECRET, SMTP_URL }: Environment): string[] {
  if (NODE_ENV !== 'production') return [];
  return [
    ...(ISSUER?.startsWith('https://') ? [] : ['ISSUER must be an https:// address in production']),
    ...(GUESTLIST_SECRET ? [] : ['GUESTLIST_SECRET is needed in production: 32 random characters or more']),
    ...(SMTP_URL ? [] : ['SMTP_URL is needed in production: smtp://user:password@host:587, or smtps://…']),
  ];
}

function missingForMail({ NODE_ENV, SMTP_URL, MAIL_FROM }: Environment): string[] {
  const sendsMail = SMTP_URL !== undefined || NODE_ENV === 'production';
  return sendsMail && !MAIL_FROM ? ['MAIL_FROM is needed to send mail: the address that it comes from'] : [];
}

type Variable = { readonly value?: string | undefined; readonly complaint?: string };

/** An empty variable or file is as good as none: that is how compose files leave one out. */
function readVariable(environment: Environment, name: string): Variable {
  const value = environment[name];
  const file = environment[`${name}_FILE`];
  if (value || !file) return { value: value || undefined };
  try {
    return { value: readFileSync(file, 'utf8').trim() || undefined };
  } catch {
    return { complaint: `${name}_FILE names a file that cannot be read` };
  }
}

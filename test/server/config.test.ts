import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../../src/server/config.ts';

const folder = mkdtempSync(join(tmpdir(), 'guestlist-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileWith(text: string): string {
  const file = join(folder, String(Math.random()));
  writeFileSync(file, text);
  return file;
}

type Environment = Parameters<typeof readConfig>[0];

/** One line for each complaint. */
function complaintsAbout(environment: Environment): string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError)
      return error.message
        .split('\n')
        .slice(1)
        .map((line) => line.trim());
    throw error;
  }
  return [];
}

const secret = 'x'.repeat(32);
const mail = { SMTP_URL: 'smtps://ada:hunter2@mail.example.org', MAIL_FROM: 'Choir <choir@example.org>' };
const production = { NODE_ENV: 'production', ISSUER: 'https://id.example.org', GUESTLIST_SECRET: secret, ...mail };
const standard = {
  production: false,
  port: 3000,
  issuer: 'http://localhost:3000',
  dataDir: './data',
  databaseUrl: undefined,
  secret: undefined,
  proxyCount: 0,
  logLevel: 'warn',
  brand: 'Guestlist',
  registration: 'invited',
  clientRegistration: 'off',
  terms: { terms: undefined, privacy: undefined },
  support: undefined,
  smtp: undefined,
  keyRotationDays: 90,
  worker: true,
};

describe('development', () => {
  it('needs nothing', () => {
    expect(readConfig({})).toEqual(standard);
  });

  it('takes what is set', () => {
    const environment = {
      NODE_ENV: 'test',
      PORT: '8080',
      ISSUER: 'https://id.example.org/op',
      DATA_DIR: '/var/lib/guestlist',
      DATABASE_URL: 'postgres://u:p@db/x',
      GUESTLIST_SECRET: secret,
      TRUST_PROXY: '2',
      LOG_LEVEL: 'debug',
      BRAND: 'Kammerchor',
      REGISTRATION: 'nobody',
      CLIENT_REGISTRATION: 'token',
      TERMS_URL: 'https://example.org/terms?v=3',
      PRIVACY_URL: 'http://example.org/privacy#top',
      SUPPORT_URL: 'mailto:help@example.org?subject=Guestlist',
      ...mail,
      KEY_ROTATION_DAYS: '0',
      WORKER: 'off',
      PATH: '/bin',
    };
    expect(readConfig(environment)).toEqual({
      production: false,
      port: 8080,
      issuer: 'https://id.example.org/op',
      dataDir: '/var/lib/guestlist',
      databaseUrl: 'postgres://u:p@db/x',
      secret,
      proxyCount: 2,
      logLevel: 'debug',
      brand: 'Kammerchor',
      registration: 'nobody',
      clientRegistration: 'token',
      terms: { terms: 'https://example.org/terms?v=3', privacy: 'http://example.org/privacy#top' },
      support: 'mailto:help@example.org?subject=Guestlist',
      smtp: { url: mail.SMTP_URL, from: mail.MAIL_FROM },
      keyRotationDays: 0,
      worker: false,
    });
  });

  it('takes an empty variable for none', () => {
    const names = `NODE_ENV PORT ISSUER DATA_DIR DATABASE_URL GUESTLIST_SECRET TRUST_PROXY LOG_LEVEL
      BRAND REGISTRATION CLIENT_REGISTRATION TERMS_URL PRIVACY_URL SUPPORT_URL SMTP_URL MAIL_FROM KEY_ROTATION_DAYS WORKER`.split(/\s+/);
    expect(
      readConfig(
        Object.fromEntries(
          names.flatMap((name) => [
            [name, ''],
            [`${name}_FILE`, ''],
          ]),
        ),
      ),
    ).toEqual(standard);
  });

  it('has its issuer at its port', () => {
    expect(readConfig({ PORT: '4000' }).issuer).toBe('http://localhost:4000');
  });
});

const bad: [string, string][] = [
  ['NODE_ENV', 'prod'],
  ['NODE_ENV', 'Production'],
  ['PORT', 'abc'],
  ['PORT', '3000x'],
  ['PORT', '3.5'],
  ['PORT', '-1'],
  ['PORT', '65535'],
  ['PORT', 'NaN'],
  ['PORT', 'Infinity'],
  ['ISSUER', 'id.example.org'],
  ['ISSUER', 'ftp://id.example.org'],
  ['ISSUER', 'javascript:alert(1)'],
  ['ISSUER', 'https://id.example.org/'],
  ['ISSUER', 'https://id.example.org?x=1'],
  ['ISSUER', 'https://id.example.org#x'],
  ['ISSUER', 'https:id.example.org'],
  ['ISSUER', 'https://'],
  ['DATABASE_URL', 'mysql://u:p@db/x'],
  ['DATABASE_URL', 'db.example.org'],
  ['GUESTLIST_SECRET', 'x'.repeat(31)],
  ['TRUST_PROXY', 'yes'],
  ['TRUST_PROXY', '-1'],
  ['TRUST_PROXY', '11'],
  ['TRUST_PROXY', '1.5'],
  ['LOG_LEVEL', 'loud'],
  ['REGISTRATION', 'everybody'],
  ['CLIENT_REGISTRATION', 'open'],
  ['CLIENT_REGISTRATION', 'on'],
  ['BRAND', 'x'.repeat(61)],
  ['TERMS_URL', 'example.org/terms'],
  ['TERMS_URL', '/terms'],
  ['TERMS_URL', 'https://example.org/a b'],
  ['PRIVACY_URL', 'javascript:alert(1)'],
  ['PRIVACY_URL', 'https://'],
  ['SUPPORT_URL', 'help@example.org'],
  ['SUPPORT_URL', 'mailto:help'],
  ['SUPPORT_URL', 'http://example.org/help'],
  ['SUPPORT_URL', 'tel:+4930123456'],
  ['SMTP_URL', 'mail.example.org:587'],
  ['SMTP_URL', 'https://mail.example.org'],
  ['SMTP_URL', 'smtp://'],
  ['SMTP_URL', 'smtp:///mail.example.org'],
  ['MAIL_FROM', 'Choir'],
  ['MAIL_FROM', 'choir@example.org, eve@example.org'],
  ['MAIL_FROM', 'Choir <choir@example.org>\r\nBcc: eve@example.org'],
  ['KEY_ROTATION_DAYS', 'never'],
  ['KEY_ROTATION_DAYS', '-1'],
  ['KEY_ROTATION_DAYS', '6'],
  ['KEY_ROTATION_DAYS', '30.5'],
  ['KEY_ROTATION_DAYS', '3651'],
  ['WORKER', 'no'],
];

describe('a mistake', () => {
  it.each(bad)('in %s is told by its name: %s', (name, value) => {
    const complaints = complaintsAbout({ MAIL_FROM: mail.MAIL_FROM, [name]: value });
    expect(complaints.length).toBeGreaterThan(0);
    for (const complaint of complaints) expect(complaint).toMatch(new RegExp(`^${name} (must|is)`));
  });

  it('is told together with all others', () => {
    const environment = Object.fromEntries(bad.toReversed());
    expect(
      complaintsAbout(environment)
        .map((line) => line.split(' ')[0])
        .sort(),
    ).toEqual([
      'BRAND',
      'CLIENT_REGISTRATION',
      'DATABASE_URL',
      'GUESTLIST_SECRET',
      'ISSUER',
      'KEY_ROTATION_DAYS',
      'LOG_LEVEL',
      'MAIL_FROM',
      'NODE_ENV',
      'PORT',
      'PRIVACY_URL',
      'REGISTRATION',
      'SMTP_URL',
      'SUPPORT_URL',
      'TERMS_URL',
      'TRUST_PROXY',
      'WORKER',
    ]);
  });

  it('is told together with what production lacks', () => {
    expect(
      complaintsAbout({ NODE_ENV: 'production', PORT: 'abc', LOG_LEVEL: 'loud' })
        .map((line) => line.split(' ')[0])
        .sort(),
    ).toEqual(['GUESTLIST_SECRET', 'ISSUER', 'LOG_LEVEL', 'MAIL_FROM', 'PORT', 'SMTP_URL']);
  });

  it('is told together with files that cannot be read', () => {
    const environment = { PORT: 'abc', GUESTLIST_SECRET_FILE: '/nonexistent/a', DATABASE_URL_FILE: '/nonexistent/b' };
    expect(
      complaintsAbout(environment)
        .map((line) => line.split(' ')[0])
        .sort(),
    ).toEqual(['DATABASE_URL_FILE', 'GUESTLIST_SECRET_FILE', 'PORT']);
  });

  it('is told without the value, which may be a secret', () => {
    const text = complaintsAbout({
      GUESTLIST_SECRET: 'hunter2',
      DATABASE_URL: 'mysql://ada:hunter2@db/x',
      ISSUER: 'ftp://ada:hunter2@x',
      SMTP_URL: 'http://ada:hunter2@mail.example.org',
    }).join();
    expect(text).not.toMatch(/hunter2/);
  });
});

describe('production', () => {
  it('is content with an https issuer, a secret and a mail server', () => {
    expect(readConfig(production)).toMatchObject({ production: true, issuer: 'https://id.example.org', secret, logLevel: 'info' });
  });

  it.each([
    [{ ISSUER: undefined }, 'ISSUER'],
    [{ ISSUER: '' }, 'ISSUER'],
    [{ ISSUER: 'http://id.example.org' }, 'ISSUER'],
    [{ GUESTLIST_SECRET: undefined }, 'GUESTLIST_SECRET'],
    [{ GUESTLIST_SECRET: 'short' }, 'GUESTLIST_SECRET'],
    [{ GUESTLIST_SECRET: undefined, GUESTLIST_SECRET_FILE: fileWith('\n') }, 'GUESTLIST_SECRET'],
    [{ SMTP_URL: undefined }, 'SMTP_URL'],
    [{ SMTP_URL: 'localhost' }, 'SMTP_URL'],
    [{ MAIL_FROM: undefined }, 'MAIL_FROM'],
  ])('insists: %j', (change, name) => {
    expect(complaintsAbout({ ...production, ...change }).map((line) => line.split(' ')[0])).toEqual([name]);
  });
});

describe('mail', () => {
  it('needs somebody it comes from, wherever it is sent', () => {
    expect(complaintsAbout({ SMTP_URL: mail.SMTP_URL })).toEqual(['MAIL_FROM is needed to send mail: the address that it comes from']);
    expect(readConfig({ MAIL_FROM: mail.MAIL_FROM }).smtp).toBeUndefined();
  });

  it('has its server in a file, for the password’s sake', () => {
    const { smtp } = readConfig({ SMTP_URL_FILE: fileWith(`${mail.SMTP_URL}\n`), MAIL_FROM: 'choir@example.org' });
    expect(smtp).toEqual({ url: mail.SMTP_URL, from: 'choir@example.org' });
  });
});

describe('a file', () => {
  it('gives the value of any variable, without the line break at its end', () => {
    const environment = {
      GUESTLIST_SECRET_FILE: fileWith(`${secret}\n`),
      PORT_FILE: fileWith('8080\r\n'),
      DATABASE_URL_FILE: fileWith('postgres://u:p@db/x'),
    };
    expect(readConfig(environment)).toMatchObject({ secret, port: 8080, databaseUrl: 'postgres://u:p@db/x' });
  });

  it('that is empty gives none', () => {
    expect(readConfig({ PORT_FILE: fileWith(''), BRAND_FILE: fileWith('\n'), TRUST_PROXY_FILE: fileWith(' ') })).toEqual(standard);
  });

  it('gives way to the variable itself', () => {
    expect(readConfig({ PORT: '8080', PORT_FILE: fileWith('9090') }).port).toBe(8080);
  });

  it('with a bad value is told by the variable’s name', () => {
    expect(complaintsAbout({ PORT_FILE: fileWith('abc') })).toEqual(['PORT must be a number']);
  });

  it('that cannot be read is told by its own name', () => {
    expect(complaintsAbout({ GUESTLIST_SECRET_FILE: folder })).toEqual([expect.stringMatching(/^GUESTLIST_SECRET_FILE /)]);
  });
});

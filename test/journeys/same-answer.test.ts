/**
 * Nobody learns from us who has an account (M1): whatever address is typed, the answer is the same to the byte, and the
 * database is asked the same. How long it takes is measured by `npm run bench:same-time`.
 */
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { secureRandom } from '../../src/lib/random.ts';
import { createSeal } from '../../src/lib/seal.ts';
import { deliverMail } from '../../src/mail/deliver.ts';
import { queueMail } from '../../src/mail/outbox.ts';
import { count } from '../support/invariants.ts';
import { mailbox, mailedCode, testSecret } from '../support/mail.ts';
import { type AccountSetting, createAccountSetting } from './account-setting.ts';
import { type Answer, addressWanted, codeWanted, forgotten, invitationWanted, type Ready, registering, signingIn } from './asking.ts';

let setting: AccountSetting;
let url: string;

beforeAll(async () => {
  setting = await createAccountSetting({ newcomersProveEmail: true });
  ({ url } = await setting.server.guestlist.invite({ groups: ['choir'], maxUses: 1_000 }));
  await setting.server.guestlist.requests.open('choir');
});
afterAll(() => setting?.server.close());
beforeEach(() => setting.server.database.raw('delete from guestlist.throttle'));

/** All that may differ, and why. */
const masks: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: 'the form token is bound to the browser', pattern: /(?<=name="form_token" value=")[^"]*/g },
  { what: 'the visit is the browser’s own', pattern: /(?<=name="visit" value=")[^"]*/g },
  { what: 'the interaction is the browser’s own', pattern: /(?<=\/(?:interaction|auth)\/)[\w-]{20,}/g },
  { what: 'the sign-in that the front door began is the browser’s own', pattern: /(?<=\/invite\/done\?state=)[\w-]+/g },
  { what: 'when a cookie ends, by the second of the answer', pattern: /(?<=; expires=)[^;]+ GMT/g },
];

const maskedHeaders = ['date', 'x-request-id'];
/** Its name and attributes stay. */
const cookieValue = /(?<=^[\w.-]+=)[^;]+/;

function masked(text: string, typed: string): string {
  return masks.reduce((sofar, { pattern }) => sofar.replace(pattern, '…'), text.replaceAll(typed, 'typed'));
}

function comparable({ status, headers, body }: Omit<Answer, 'next'>, typed: string): object {
  const told = Object.entries(headers).filter(([name]) => !maskedHeaders.includes(name));
  const lines = told.flatMap(([name, value = '']) =>
    [value].flat().map((one) => `${name}: ${masked(name === 'set-cookie' ? one.replace(cookieValue, '…') : one, typed)}`),
  );
  return { status, headers: lines, body: masked(body, typed) };
}

const whole = ({ next, ...answer }: Answer, typed: string) => [comparable(answer, typed), next && comparable(next, typed)];

/** The statements that reach the database while the server works on this; the parameters are not among them. */
async function statements(work: () => Promise<unknown>): Promise<string[]> {
  const asked: string[] = [];
  const query = vi.spyOn(pg.Client.prototype, 'query');
  try {
    await work();
    for (const [said] of query.mock.calls as unknown as readonly [string | { readonly text: string }][])
      asked.push((typeof said === 'string' ? said : said.text).replace(/\s+/g, ' ').trim());
  } finally {
    query.mockRestore();
  }
  // What is done for nobody is taken back, and that is the one difference there is.
  return asked.map((sql) => (/^(release|rollback to) savepoint perhaps$/.test(sql) ? 'end of perhaps' : sql));
}

/** Two addresses of the same length: one has an account, proven; the other is nobody's. */
async function pair(name: string): Promise<{ readonly known: string; readonly unknown: string }> {
  const [known, unknown] = [`${name}-a@example.org`, `${name}-b@example.org`];
  await setting.member(known);
  await setting.server.database.raw('delete from guestlist.throttle');
  return { known, unknown };
}

const forms: Readonly<Record<string, () => Promise<Ready>>> = {
  forgotten: () => forgotten(setting.server),
  code: () => codeWanted(setting.server, url),
  registering: () => {
    const proven = `own-${secureRandom(8).toString('hex')}@example.org`;
    return registering(setting.server, { url, proven, codeOf: (email) => mailedCode(setting.server.database, email) });
  },
  'sign-in': () => signingIn(setting.server, url),
  'asking for an invitation': () => invitationWanted(setting.server, 'choir'),
  'another address': async () => {
    const { browser } = await setting.member(`wishing-${secureRandom(8).toString('hex')}@example.org`);
    return addressWanted(browser);
  },
};

describe.each(Object.entries(forms))('%s', (name, open) => {
  test('the answer is the same to the byte, with the page that it leads to', async () => {
    const { known, unknown } = await pair(`byte-${name.replaceAll(' ', '-')}`);
    const answers: unknown[] = [];
    for (const email of [known, unknown]) answers.push(whole(await (await open()).send(email), email));
    expect(answers[1]).toEqual(answers[0]);
  });

  test('the database is asked the same, in the same order', async () => {
    const { known, unknown } = await pair(`work-${name.replaceAll(' ', '-')}`);
    const asked: string[][] = [];
    for (const email of [known, unknown]) {
      const form = await open();
      asked.push(await statements(() => form.send(email)));
    }
    expect(asked[0]?.length).toBeGreaterThan(5);
    expect(asked[1]).toEqual(asked[0]);
  });
});

test('what is compared says something: a page that told would be seen', async () => {
  const answer = await (await forgotten(setting.server)).send('somebody@example.org');
  const other = { ...answer, body: `${answer.body} ` };
  expect(whole(other, 'somebody@example.org')).not.toEqual(whole(answer, 'somebody@example.org'));
  expect((await mailbox(setting.server.database, 'somebody@example.org')).length).toBe(0);
});

test('a mailbox that has had enough mail looks like any other: that is found out when the mail is to be sent', async () => {
  const { database, now } = setting.server;
  const { known, unknown } = await pair('buried');
  await database.raw(`delete from guestlist.mail where to_address = ? and kind <> 'joined'`, [known]);
  const seal = createSeal(testSecret, secureRandom);
  const delivery = { clock: now, seal, issuer: setting.server.issuer, onError: () => undefined };
  for (let number = 0; number < 10; number += 1) {
    const mail = { kind: 'code', to: `${known.replace('@', `+${number}@`)}`, subject: 's', text: 't', html: 'h', secret: true };
    await queueMail(database, mail, { now: now(), random: secureRandom, seal });
  }
  await deliverMail(database, async () => undefined, delivery);
  const answers: unknown[] = [];
  for (const email of [known, unknown]) answers.push(whole(await (await forgotten(setting.server)).send(email), email));
  expect(answers[1]).toEqual(answers[0]);
  expect((await mailbox(database, known)).map(({ kind }) => kind)).toEqual(['password-reset', 'joined']);
  await deliverMail(database, async () => undefined, delivery);
  expect(await count(database, `mail where to_address = '${known}' and failure = 'recipient_budget'`)).toBe(1);
  expect(await count(database, `mail where to_address = '${known}' and kind = 'password-reset' and sent_at is not null`)).toBe(0);
});

/** One file with everything that is wrong with files: a row-by-row answer, good rows unaffected, nothing sent twice. */
import { expect, test, vi } from 'vitest';
import { secureRandom } from '../../src/lib/random.ts';
import { createSeal } from '../../src/lib/seal.ts';
import { deliverMail, type OutgoingMail } from '../../src/mail/deliver.ts';
import { testSecret } from '../support/mail.ts';
import { campaignSetting, mailed } from './setting.ts';

vi.setConfig({ testTimeout: 60_000 });

const setting = campaignSetting();

const bytes = (...parts: (string | readonly number[])[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([...part]))));

const megabyte = 1_000_000;

/** As a file is read; always the same, so that whatever memory grows by is kept by whoever reads it. */
const piece = Buffer.alloc(65_536, 'x');

/** Each with its answer; where it is made, whom it is mailed to and what the person is called. */
const lines: readonly (readonly [line: Buffer | string, answer: string, email?: string, name?: string])[] = [
  ['ada@example.org;Ada', 'valid', 'ada@example.org', 'Ada'],
  ['ADA@EXAMPLE.ORG;Ada again', 'duplicate'],
  ['"ben@example.org";"Okafor; ""Ben"""', 'valid', 'ben@example.org', 'Okafor; "Ben"'],
  ['cy@example.org;=HYPERLINK("http://evil.example")', 'malformed'],
  ['cy@example.org;"=HYPERLINK(""http://evil.example"")"', 'valid', 'cy@example.org', '=HYPERLINK("http://evil.example")'],
  ['=1+1;Formula', 'not_an_email'],
  [';Nobody', 'email_required'],
  ['no address;X', 'not_an_email'],
  ['a@example.org, b@example.org;Two', 'not_an_email'],
  ['g: a@example.org, b@example.org\\;;Group', 'not_an_email'],
  [`${'x'.repeat(320)}@example.org;Long`, 'email_too_long'],
  ['victim@example.org\0@evil.example;Nul', 'malformed'],
  [bytes('dora@example.org;J', [0xf6], 'rg'), 'latin1'],
  [bytes('dora@example.org;J', [0x83, 0xff], 'rg'), 'not_utf8'],
  ['dora@example.org;Dóra', 'valid', 'dora@example.org', 'Dóra'],
  ['eve@example.org;E\u202Eve', 'name_not_plain'],
  ['"eve@example.org;never closed', 'malformed'],
  // Taken in below as a line of 100 MB.
  ['', 'row_too_long'],
  ['eve@example.org;Eve', 'valid', 'eve@example.org', 'Eve'],
];

/** While they come. */
let mostHeld = 0;

async function* file(): AsyncGenerator<Buffer> {
  yield bytes([0xef, 0xbb, 0xbf], 'E-Mail;Name\r\n');
  const before = process.memoryUsage().arrayBuffers;
  for (const [line, answer] of lines) {
    if (answer === 'row_too_long') {
      for (let size = 0; size < 100 * megabyte; size += piece.length) {
        yield piece;
        mostHeld = Math.max(mostHeld, process.memoryUsage().arrayBuffers - before);
      }
    }
    yield bytes(typeof line === 'string' ? line : [...line], '\r\n');
  }
}

test('each row has its answer, those that are good are made and mailed once, and a line of 100 MB is not held', async () => {
  const { campaigns } = setting.guestlist;
  const checked: string[] = [];
  for await (const { answer } of campaigns.check(mailed({ csv: file() }))) checked.push(answer);
  expect(checked).toEqual(lines.map(([, answer]) => answer));

  const { id, problems } = await campaigns.create(mailed({ csv: file() }));
  // The first line is the header.
  const bad = lines.flatMap(([, answer], index) => (answer === 'valid' ? [] : [[index + 2, answer]]));
  expect(problems.map(({ position, answer }) => [position, answer])).toEqual(bad);
  expect(mostHeld).toBeLessThan(10 * megabyte);

  await campaigns.run(id);
  await campaigns.run(id);
  const good = lines.filter(([, answer]) => answer === 'valid');
  const rows = await campaigns.rows(id);
  expect(rows.filter(({ state }) => state === 'made').map(({ email, name }) => [email, name])).toEqual(
    good.map(([, , email, name]) => [email, name]),
  );
  expect(rows.filter(({ state }) => state === 'failed').map(({ position, failure }) => [position, failure])).toEqual(bad);

  // The same file once more, and its mails handed over twice.
  const again = await campaigns.create(mailed({ csv: file() }));
  expect(await campaigns.run(again.id)).toMatchObject({ made: 0, failed: lines.length });
  const sent: OutgoingMail[] = [];
  const delivery = {
    clock: () => setting.now,
    onError: () => undefined,
    issuer: 'http://localhost:3999',
    seal: createSeal(testSecret, secureRandom),
  };
  for (let time = 0; time < 2; time += 1) await deliverMail(setting.own.database, async (mail) => void sent.push(mail), delivery);
  expect(sent.map(({ to }) => to).toSorted()).toEqual(good.map(([, , email]) => email).toSorted());
});

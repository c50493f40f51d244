/** Which address a visit may prove, how often, and what is said of one that has an account. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { codeStateOf, provenEmailOf, sendCode } from '../../src/invitation/proof.ts';
import type { Visit } from '../../src/invitation/visit.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { emailSchema } from '../../src/lib/email.ts';
import { to } from '../mail/making.ts';
import { count } from '../support/invariants.ts';
import { createProofSetting, type ProofSetting } from './proof-setting.ts';

let setting: ProofSetting;

beforeAll(async () => {
  setting = await createProofSetting();
});
beforeEach(() => setting.begin());
afterAll(() => setting?.drop());

describe('nobody’s mailbox is flooded', () => {
  const outcome = async (email: string, ip: string) =>
    setting.send(await setting.visitTo(), emailSchema.parse(email), { ip }).then(
      () => 'sent',
      (error) => error.code,
    );

  test('three codes in a quarter of an hour, whoever asks, from wherever, however it is written', async () => {
    const spellings = [
      'ada.park@example.org',
      'Ada.Park+1@example.org',
      'ADAPARK+choir@EXAMPLE.org',
      'adapark@example.org',
      'ada.park@example.org',
    ];
    const outcomes: string[] = [];
    for (const [index, email] of spellings.entries()) outcomes.push(await outcome(email, `198.51.100.${index}`));
    expect(outcomes).toEqual(['sent', 'sent', 'sent', 'too_many_requests', 'too_many_requests']);
    expect(await outcome('bea@example.org', '198.51.100.1')).toBe('sent');
    expect(await count(setting.database, 'mail')).toBe(4);
  });

  test('ten a day', async () => {
    const quarters = async () => setting.database.raw(`delete from guestlist.throttle where key like 'code_mailbox:%'`);
    const outcomes: string[] = [];
    for (let index = 0; index < 12; index += 1) {
      await quarters();
      outcomes.push(await outcome('ada@example.org', `198.51.100.${index}`));
    }
    expect(outcomes).toEqual([...Array(10).fill('sent'), ...Array(2).fill('too_many_requests')]);
  });

  test('two hundred an hour from one place, and what is refused there uses up nothing of a mailbox', async () => {
    // As many as a choir on one network needs; counted here, not mailed.
    const counted = [`code_place:2001:db8:1:2::/64`, 199, systemClock().getTime() + 3_600_000];
    await setting.database.raw('insert into guestlist.throttle (key, points, expire) values (?, ?, ?)', counted);
    expect(await outcome('last@example.org', '2001:db8:1:2::1')).toBe('sent');
    for (let index = 0; index < 4; index += 1) expect(await outcome('ada@example.org', '2001:db8:1:2::ffff')).toBe('too_many_requests');
    expect(await outcome('ada@example.org', '2001:db8:1:3::1')).toBe('sent');
  });
});

describe('which address can be proven', () => {
  test.each(['exact', 'verify'] as const)('of an invitation for somebody (%s) the addressee’s alone', async (rule) => {
    const visit = await setting.visitTo({ addressee: to('Ada@example.org', rule) });
    await expect(setting.send(visit, 'eve@example.org')).rejects.toMatchObject({ code: 'email_mismatch' });
    await expect(setting.send(visit, 'Ada+1@example.org')).rejects.toMatchObject({ code: 'email_mismatch' });
    expect(await setting.send(visit)).toMatchObject({ email: 'Ada@example.org' });
    // However it is typed, mail goes where the invitation says.
    expect(await setting.send(visit, 'aDA@EXAMPLE.org')).toMatchObject({ email: 'Ada@example.org' });
    expect((await setting.mails()).map((mail) => mail.to)).toEqual(['Ada@example.org', 'Ada@example.org']);
    expect(await setting.check(visit, await setting.mailedCode())).toBe('Ada@example.org');
  });

  test('of one that anybody may accept any, and the addressee’s where none is given', async () => {
    const visit = await setting.visitTo({ addressee: to('ada@example.org', 'any') });
    expect(await setting.send(visit)).toMatchObject({ email: 'ada@example.org' });
    expect(await setting.send(visit, 'bea@example.org')).toMatchObject({ email: 'bea@example.org' });
  });

  test('none is asked for by nobody', async () => {
    await expect(setting.send(await setting.visitTo())).rejects.toMatchObject({ code: 'form_invalid', detail: { field: 'email' } });
  });

  test('one in the domains of the invitation', async () => {
    const domains = ['corp.example', '*.corp.example', 'xn--bcher-kva.example'];
    for (const email of ['ada@corp.example', 'ada@mail.corp.example', 'ada@BÜCHER.example']) {
      expect(await setting.send(await setting.visitTo({ domains }), email)).toMatchObject({ email });
    }
    const outside = ['ada@evilcorp.example', 'ada@corp.example.evil.example', 'ada@example.org', 'corp.example@evil.example'];
    for (const email of outside) {
      await expect(setting.send(await setting.visitTo({ domains }), email)).rejects.toMatchObject({ code: 'email_domain_not_allowed' });
    }
    await expect(setting.send(await setting.visitTo({ domains, addressee: to('ada@example.org') }))).rejects.toMatchObject({
      code: 'email_domain_not_allowed',
    });
    expect(await count(setting.database, 'mail')).toBe(3);
  });
});

describe('an address that has an account (M1)', () => {
  test('gets a mail that says so and holds no code, and here all looks the same', async () => {
    const [known, unknown] = [await setting.visitTo(), await setting.visitTo()];
    const knownState = await setting.send(known, 'has@example.org');
    const unknownState = await setting.send(unknown, 'new@example.org');
    expect({ ...knownState, email: '' }).toEqual({ ...unknownState, email: '' });
    expect((await setting.mails()).map(({ kind, to }) => [kind, to])).toEqual([
      ['code', 'new@example.org'],
      ['notice', 'has@example.org'],
    ]);
    const notice = (await setting.mails())[1];
    expect(notice?.text).not.toMatch(/(?<![0-9a-f])[0-9]{6}(?![0-9a-f])/);
    expect(notice?.text).toContain(setting.host.home);
    expect(`${notice?.subject}${notice?.text}${notice?.html}`).not.toContain('spring list');
    const answers = async (visit: Visit, code: string) => {
      const seen: unknown[] = [];
      for (let tried = 0; tried < 6; tried += 1) {
        seen.push(await setting.check(visit, code).catch(({ code: refusal, detail, message }) => ({ refusal, detail, message })));
        seen.push({ ...(await codeStateOf(setting.host, visit.id)), email: '' });
      }
      return seen;
    };
    const code = (await setting.mailedCode()) === '000000' ? '000001' : '000000';
    expect(await answers(known, code)).toEqual(await answers(unknown, code));
    expect(await provenEmailOf(setting.database, known.id)).toBeUndefined();
  });

  test('makes the same statements, one for one', async () => {
    const [known, unknown] = [await setting.visitTo(), await setting.visitTo()];
    const statements: string[] = [];
    const note = ({ sql }: { sql: string }) => void statements.push(sql);
    setting.database.on('query', note);
    await setting.send(known, 'has@example.org');
    const ofKnown = statements.splice(0);
    await setting.send(unknown, 'new@example.org');
    setting.database.off('query', note);
    expect(ofKnown).toEqual(statements);
    expect(ofKnown.length).toBeGreaterThan(4);
  });

  test('may be proven by the person whose account it is', async () => {
    const visit = await setting.visitTo();
    await setting.send(visit, 'has@example.org', { accountId: 'has' });
    expect(await setting.check(visit, await setting.mailedCode())).toBe('has@example.org');
  });

  test('may not be proven by another account', async () => {
    const visit = await setting.visitTo({ addressee: to('has@example.org', 'verify') });
    await setting.send(visit, undefined, { accountId: 'another' });
    expect(await setting.mails()).toMatchObject([{ kind: 'notice', to: 'has@example.org' }]);
  });

  test('but was never proven to it, can still be proven: whoever reads the mailbox has it', async () => {
    const visit = await setting.visitTo();
    await setting.send(visit, 'squatter@example.org');
    expect(await setting.check(visit, await setting.mailedCode())).toBe('squatter@example.org');
  });
});

test('without the operator’s secret nothing is sent, and the error names the option', async () => {
  const visit = await setting.visitTo();
  await expect(
    sendCode(
      { ...setting.host, seal: undefined },
      { visit, email: 'ada@example.org', accountId: undefined, ip: '192.0.2.1', locale: 'en' },
    ),
  ).rejects.toThrow(/^secret:/);
  expect(await codeStateOf(setting.host, visit.id)).toBeUndefined();
  expect(await count(setting.database, 'mail')).toBe(0);
});

test('what was sent is handed over after it was committed', async () => {
  const visit = await setting.visitTo();
  let seen: Promise<number> | undefined;
  const afterCommit = () => {
    seen = count(setting.database, `mailbox_proof where visit_id = '${visit.id}'`);
  };
  await sendCode(
    { ...setting.host, afterCommit },
    { visit, email: 'ada@example.org', accountId: undefined, ip: '192.0.2.1', locale: 'de' },
  );
  expect(await seen).toBe(1);
  expect((await setting.mails())[0]?.html).toContain('lang="de"');
});

/** Proving a mailbox with a mailed code, on a real database and with the templates that people get. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { checkCode, codeStateOf, type ProofHost, provenEmailOf } from '../../src/invitation/proof.ts';
import { addSeconds } from '../../src/lib/clock.ts';
import { emailKey } from '../../src/lib/email.ts';
import { addInvitation, addVisit, everyRow, now, spellings } from '../mail/making.ts';
import { count } from '../support/invariants.ts';
import { createProofSetting, type ProofSetting, wrong } from './proof-setting.ts';

let setting: ProofSetting;

beforeAll(async () => {
  setting = await createProofSetting();
});
beforeEach(() => setting.begin());
afterAll(() => setting?.drop());

/** Throttles of their own would end most stories early. */
const forget = () => setting.database.raw('truncate guestlist.throttle');

describe('the right code', () => {
  test('proves the address it was sent to', async () => {
    const visit = await setting.visitTo();
    expect(await codeStateOf(setting.host, visit.id)).toBeUndefined();
    const state = { email: 'Ada@example.org', canResend: true, triesLeft: 5, expired: false, proven: false };
    expect(await setting.send(visit, 'Ada@example.org')).toEqual(state);
    expect(await codeStateOf(setting.host, visit.id)).toEqual(state);
    expect(await setting.mails()).toMatchObject([{ kind: 'code', to: 'Ada@example.org' }]);
    expect(await provenEmailOf(setting.database, visit.id)).toBeUndefined();
    expect(await setting.check(visit, await setting.mailedCode())).toBe('Ada@example.org');
    expect(await provenEmailOf(setting.database, visit.id)).toBe('Ada@example.org');
    expect(await codeStateOf(setting.host, visit.id)).toMatchObject({ proven: true });
  });

  test.each([
    ['with a space', (code: string) => ` ${code.slice(0, 3)} ${code.slice(3)}\n`],
    ['with a dash', (code: string) => `${code.slice(0, 3)}–${code.slice(3)}`],
  ])('may be typed %s', async (_, spell) => {
    const visit = await setting.visitTo();
    await setting.send(visit, 'ada@example.org');
    expect(await setting.check(visit, spell(await setting.mailedCode()))).toBe('ada@example.org');
  });

  test('typed twice, or by a double click, is no mistake', async () => {
    const visit = await setting.visitTo();
    await setting.send(visit, 'ada@example.org');
    const code = await setting.mailedCode();
    expect(await Promise.all(Array.from({ length: 4 }, () => setting.check(visit, code)))).toEqual(Array(4).fill('ada@example.org'));
    expect(await setting.check(visit, code)).toBe('ada@example.org');
    expect(await provenEmailOf(setting.database, visit.id)).toBe('ada@example.org');
  });

  test('is good until its last second', async () => {
    const visit = await setting.visitTo();
    await setting.send(visit, 'ada@example.org');
    const code = await setting.mailedCode();
    setting.time = addSeconds(now, 599);
    expect(await setting.check(visit, code)).toBe('ada@example.org');
  });
});

describe('the code', () => {
  test('rests nowhere in clear, and is in no subject', async () => {
    const visit = await setting.visitTo();
    await setting.send(visit, 'ada@example.org');
    const [mail] = await setting.mails();
    const code = await setting.mailedCode();
    expect(mail?.html).toContain(code);
    expect(mail?.subject).not.toMatch(/[0-9]{4}/);
    const rows = await everyRow(setting.database);
    for (const spelling of spellings(code).filter((text) => text !== code)) expect(rows).not.toContain(spelling);
    // Six digits may stand in an id or an instant; as a word of their own they may not.
    expect(rows).not.toMatch(new RegExp(`(?<![0-9a-f.-])${code}(?![0-9a-f-])`));
    await setting.check(visit, code);
    expect(await count(setting.database, `mailbox_proof where visit_id = '${visit.id}' and code_mac is null`)).toBe(1);
  });

  test('of another visit to the same invitation does not work', async () => {
    const invitation = await addInvitation(setting.database, { maxUses: 5 });
    const [one, other] = [await addVisit(setting.database, invitation), await addVisit(setting.database, invitation)];
    await setting.send(one, 'ada@example.org');
    const code = await setting.mailedCode();
    await expect(setting.check(other, code)).rejects.toMatchObject({ code: 'code_expired' });
    await setting.send(other, 'ada@example.org');
    await expect(setting.check(other, code)).rejects.toMatchObject({ code: 'code_wrong' });
    expect(await setting.check(one, code)).toBe('ada@example.org');
    expect(await provenEmailOf(setting.database, other.id)).toBeUndefined();
  });
});

describe('a wrong code', () => {
  test('five are judged, and then the right one is not', async () => {
    const visit = await setting.visitTo();
    await setting.send(visit, 'ada@example.org');
    const code = await setting.mailedCode();
    for (const triesLeft of [4, 3, 2, 1, 0]) {
      await expect(setting.check(visit, wrong(code))).rejects.toMatchObject({ code: 'code_wrong', detail: { triesLeft } });
    }
    await expect(setting.check(visit, code)).rejects.toMatchObject({ code: 'code_wrong', detail: { triesLeft: 0 } });
    expect(await codeStateOf(setting.host, visit.id)).toMatchObject({ triesLeft: 0, proven: false, canResend: true });
  });

  test('of fifty typed at once no more than five are judged', async () => {
    const visit = await setting.visitTo();
    await setting.send(visit, 'ada@example.org');
    const code = await setting.mailedCode();
    let judged = 0;
    const counting: ProofHost = {
      ...setting.host,
      codeKey() {
        judged += 1;
        return setting.host.codeKey();
      },
    };
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, (_, index) => checkCode(counting, { visit, code: wrong(index % 2 ? code : wrong(code)) })),
    );
    expect(judged).toBe(5);
    expect(results.every((result) => result.status === 'rejected' && result.reason.code === 'code_wrong')).toBe(true);
    await expect(setting.check(visit, code)).rejects.toMatchObject({ code: 'code_wrong' });
  });

  test('is forgiven four times', async () => {
    const visit = await setting.visitTo();
    await setting.send(visit, 'ada@example.org');
    const code = await setting.mailedCode();
    for (let tried = 0; tried < 4; tried += 1) await expect(setting.check(visit, wrong(code))).rejects.toThrow('code_wrong');
    expect(await setting.check(visit, code)).toBe('ada@example.org');
  });

  test.each(['', '12345', '1234567', 'abcdef', '12 34', '１２３４５６', '1'.repeat(100_000), '123456\u0000'])(
    'what cannot be one uses up no try: %j',
    async (typed) => {
      const visit = await setting.visitTo();
      await expect(setting.check(visit, typed)).rejects.toMatchObject({ code: 'code_expired' });
      await setting.send(visit, 'ada@example.org');
      await expect(setting.check(visit, typed)).rejects.toMatchObject({ code: 'code_wrong', detail: { triesLeft: 5 } });
    },
  );

  test('a code is over after ten minutes, right or wrong, and another can be sent', async () => {
    const visit = await setting.visitTo();
    await setting.send(visit, 'ada@example.org');
    const code = await setting.mailedCode();
    setting.time = addSeconds(setting.time, 600);
    await expect(setting.check(visit, code)).rejects.toMatchObject({ code: 'code_expired' });
    await expect(setting.check(visit, wrong(code))).rejects.toMatchObject({ code: 'code_expired' });
    expect(await codeStateOf(setting.host, visit.id)).toMatchObject({ expired: true, triesLeft: 5, canResend: true });
    await setting.send(visit, 'ada@example.org');
    expect(await setting.check(visit, await setting.mailedCode())).toBe('ada@example.org');
  });
});

describe('another code', () => {
  test('takes the place of the one before, with five tries of its own', async () => {
    const visit = await setting.visitTo();
    await setting.send(visit, 'ada@example.org');
    const first = await setting.mailedCode();
    await expect(setting.check(visit, wrong(first))).rejects.toThrow('code_wrong');
    expect(await setting.send(visit, 'ada@example.org')).toMatchObject({ triesLeft: 5, canResend: true });
    const second = await setting.mailedCode();
    await expect(setting.check(visit, first === second ? wrong(first) : first)).rejects.toMatchObject({ detail: { triesLeft: 4 } });
    expect(await setting.check(visit, second)).toBe('ada@example.org');
  });

  test('for another address leaves the first unproven, and counts among the three', async () => {
    const visit = await setting.visitTo();
    await setting.send(visit, 'ada@example.org');
    await setting.check(visit, await setting.mailedCode());
    await setting.send(visit, 'bea@example.org');
    expect(await provenEmailOf(setting.database, visit.id)).toBeUndefined();
    expect(await setting.send(visit, 'cleo@example.org')).toMatchObject({ email: 'cleo@example.org', canResend: false });
    await forget();
    await expect(setting.send(visit, 'dora@example.org')).rejects.toMatchObject({ code: 'too_many_requests', retryAfterSeconds: 7200 });
    expect(await setting.check(visit, await setting.mailedCode())).toBe('cleo@example.org');
    expect((await setting.mails()).map((mail) => mail.to)).toEqual(['cleo@example.org', 'bea@example.org', 'ada@example.org']);
  });

  test('for the same address does not take back what was proven', async () => {
    const visit = await setting.visitTo();
    await setting.send(visit, 'ada@example.org');
    await setting.check(visit, await setting.mailedCode());
    await setting.send(visit, 'ADA@example.org');
    expect(emailKey((await provenEmailOf(setting.database, visit.id)) ?? '')).toBe('ada@example.org');
  });

  test('ten asked for at once are three mails', async () => {
    const visit = await setting.visitTo();
    const asked = await Promise.allSettled(Array.from({ length: 10 }, (_, index) => setting.send(visit, `n${index}@example.org`)));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    expect(await count(setting.database, 'mail')).toBe(3);
  });
});

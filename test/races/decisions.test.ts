/** Two people decide about the same thing at once. After each story the database agrees with itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Failure } from '../../src/errors.ts';
import { createSetting, type Setting } from '../journeys/setting.ts';
import { count, findContradictions } from '../support/invariants.ts';
import { mailbox, mailedLink } from '../support/mail.ts';

let setting: Setting;
let guestlist: Setting['guestlist'];
let ada: string;
let bea: string;

beforeAll(async () => {
  setting = await createSetting({ choir: 'Kammerchor Nord' }, { poolSize: 20 });
  guestlist = setting.guestlist;
  [ada = '', bea = ''] = await setting.crowd(2);
  for (const admin of [ada, bea]) await guestlist.grant(admin, { rights: ['guestlist:admin'] });
});
afterAll(() => setting?.server.close());
afterEach(async () => {
  expect(await findContradictions(setting.server.database)).toEqual([]);
});

/** What came of it: `done`, what accepting answers, or the code of the refusal. */
async function endOf(work: Promise<unknown>): Promise<string> {
  try {
    const done = await work;
    return typeof done === 'object' && done !== null && 'answer' in done ? String(done.answer) : 'done';
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
}

async function redeemerOf(accountId: string, token: string): Promise<() => Promise<string>> {
  const visit = await setting.visit(token);
  return () => endOf(guestlist.redeem(visit, { redeemer: { accountId } }));
}

async function someone(): Promise<string> {
  return (await setting.crowd(1))[0] ?? expect.unreachable();
}

type Work = () => Promise<string>;
type Round = { readonly works: readonly [Work, Work]; readonly check: (ends: readonly [string, string]) => Promise<void> };

/** Both at once, time and again, now the one a little earlier and now the other. Returns which pairs of ends there were. */
async function race(rounds: number, prepare: (round: number) => Promise<Round>): Promise<string[]> {
  const seen = new Set<string>();
  for (let round = 0; round < rounds; round += 1) {
    const { works, check } = await prepare(round);
    const distance = round - Math.floor(rounds / 2);
    const lead = distance * Math.abs(distance) * 2;
    const after = (ms: number, work: Work) => (ms > 0 ? sleep(ms).then(work) : work());
    const ends = await Promise.all([after(lead, works[0]), after(-lead, works[1])] as const);
    seen.add(ends.join(' + '));
    await check(ends);
  }
  return [...seen].toSorted();
}

async function asking(groups = ['choir']) {
  const accountId = await someone();
  const { id, token } = await guestlist.invite({ groups, approval: true });
  expect(await (await redeemerOf(accountId, token))()).toBe('awaiting_approval');
  return { id, accountId };
}

const groupsOf = async (accountId: string) => (await guestlist.groupsOf(accountId)).groups;
const emailOf = (accountId: string) => `${accountId}@example.org`;

test('approved and withdrawn at once: in and withdrawn, or withdrawn and not in', async () => {
  const seen = await race(12, async () => {
    const { id, accountId } = await asking();
    return {
      works: [() => endOf(guestlist.approve(id, accountId, ada)), () => endOf(guestlist.revoke(id, bea))],
      check: async ([approved]) => {
        expect(await groupsOf(accountId)).toEqual(approved === 'done' ? ['choir'] : []);
        expect(await guestlist.find(id)).toMatchObject({ state: 'revoked', usedCount: approved === 'done' ? 1 : 0 });
      },
    };
  });
  expect(seen).toEqual(['done + done', 'invitation_revoked + done']);
});

test('approved twice at once: one redemption, one mail, and the second is told', async () => {
  const seen = await race(8, async () => {
    const { id, accountId } = await asking();
    const approve = (actor: string) => () => endOf(guestlist.approve(id, accountId, actor));
    return {
      works: [approve(ada), approve(bea)],
      check: async () => {
        expect(await setting.usedCount(id)).toBe(1);
        const joined = (await setting.mailsTo(emailOf(accountId))).filter((kind) => kind === 'joined');
        // One for the account itself, one for the group.
        expect(joined).toHaveLength(2);
      },
    };
  });
  expect(seen).toEqual(['approval_decided + done', 'done + approval_decided']);
});

test('approved and rejected at once: one of the two', async () => {
  const seen = await race(12, async () => {
    const { id, accountId } = await asking();
    return {
      works: [() => endOf(guestlist.approve(id, accountId, ada)), () => endOf(guestlist.reject(id, accountId, bea))],
      check: async ([approved]) => {
        expect(await groupsOf(accountId)).toEqual(approved === 'done' ? ['choir'] : []);
        const [latest] = await setting.mailsTo(emailOf(accountId));
        expect(latest).toBe(approved === 'done' ? 'joined' : 'notice');
      },
    };
  });
  expect(seen).toEqual(['approval_decided + done', 'done + approval_decided']);
});

test('undone while somebody accepts: what is left is what came after', async () => {
  const seen = await race(12, async () => {
    const [before, comer] = [await someone(), await someone()];
    const { id, token } = await guestlist.invite({ groups: ['choir'], maxUses: 5 });
    await (await redeemerOf(before, token))();
    let undone: readonly string[] = [];
    const undo = async () => {
      undone = (await guestlist.undo(id, 'operator')).map(({ accountId }) => accountId);
      return undone.includes(comer) ? 'both' : 'one';
    };
    return {
      works: [undo, await redeemerOf(comer, token)],
      check: async ([, accepted]) => {
        expect(accepted).toBe('joined');
        expect(undone).toContain(before);
        expect(await groupsOf(before)).toEqual([]);
        expect(await groupsOf(comer)).toEqual(undone.includes(comer) ? [] : ['choir']);
        expect((await guestlist.givenThrough(id)).map(({ accountId }) => accountId)).toEqual(undone.includes(comer) ? [] : [comer]);
      },
    };
  });
  expect(seen).toEqual(['both + joined', 'one + joined']);
});

test('removed by one, let in by another link at once: out in the end (#19)', async () => {
  const seen = await race(16, async () => {
    const accountId = await someone();
    await guestlist.grant(accountId, { groups: ['choir'] });
    const { token } = await guestlist.invite({ groups: ['choir:librarian'] });
    return {
      works: [() => endOf(guestlist.withdraw(accountId, { groups: ['choir'] }, ada)), await redeemerOf(accountId, token)],
      check: async ([, accepted]) => {
        expect(['joined', 'removed_from_group']).toContain(accepted);
        expect(await groupsOf(accountId)).toEqual([]);
      },
    };
  });
  expect(seen).toEqual(['done + joined', 'done + removed_from_group']);
});

async function liveOf(id: string, email: string) {
  const tokens = await count(setting.server.database, `invitation_token where invitation_id = '${id}' and superseded_at is null`);
  const { rows } = await setting.server.database.raw(
    `select count(*)::int as count from guestlist.mail where invitation_id = ? and kind = 'invited' and cancelled_at is null and sent_at is null`,
    [id],
  );
  const sealed = (await mailbox(setting.server.database, email)).filter(({ kind, text }) => kind === 'invited' && text !== '');
  return { tokens, mails: rows[0].count, sealed: sealed.length };
}

test('confirmed twice at once: one mail with one token', async () => {
  await guestlist.addGroup({ slug: 'vault', name: 'Vault', sensitive: true });
  const seen = await race(8, async (round) => {
    const email = `vault-${round}@example.org`;
    const { id } = await guestlist.invite({ groups: ['vault'], email });
    const confirm = (actor: string) => () => endOf(guestlist.confirm(id, actor));
    return {
      works: [confirm(ada), confirm(bea)],
      check: async () => expect(await liveOf(id, email)).toEqual({ tokens: 1, mails: 1, sealed: 1 }),
    };
  });
  expect(seen).toEqual(['done + nothing_to_confirm', 'nothing_to_confirm + done']);
});

test('sent again by two inviters at once: one mail to send, one token, and its link works', async () => {
  await race(10, async (round) => {
    const email = `resent-${round}@example.org`;
    const { id } = await guestlist.invite({ groups: ['choir'], email });
    const first = await mailedLink(setting.server.database, email);
    const resend = (actor: string) => () => endOf(guestlist.resend(id, actor));
    return {
      works: [resend(ada), resend(bea)],
      check: async (ends) => {
        expect(ends).toEqual(['done', 'done']);
        expect(await liveOf(id, email)).toEqual({ tokens: 1, mails: 1, sealed: 1 });
        const { rows } = await setting.server.database.raw(
          'select count(distinct digest)::int as count from guestlist.invitation_token where invitation_id = ?',
          [id],
        );
        expect(rows[0].count).toBe(3);
        expect(await mailedLink(setting.server.database, email)).not.toBe(first);
      },
    };
  });
});

test('sent again while the mail before it is used: used, or replaced; never both', async () => {
  await race(12, async (round) => {
    const email = `used-${round}@example.org`;
    const { id } = await guestlist.invite({ groups: ['choir'], email, emailRule: 'any' });
    const token = (await mailedLink(setting.server.database, email)).split('/').at(-1) ?? '';
    const accountId = await someone();
    return {
      works: [() => endOf(guestlist.resend(id, ada)), await redeemerOf(accountId, token)],
      check: async (ends) => {
        expect(['done + invitation_replaced', 'invitation_used_up + joined']).toContain(ends.join(' + '));
        expect(await groupsOf(accountId)).toEqual(ends[1] === 'joined' ? ['choir'] : []);
      },
    };
  });
});

test('the inviter is demoted while somebody accepts: in by the right of before, or on hold', async () => {
  const inviterId = await someone();
  const seen = await race(14, async () => {
    await guestlist.grant(inviterId, { groups: ['choir:manager'] });
    const { id, token } = await guestlist.invite({ groups: ['choir'], inviterId });
    const accountId = await someone();
    return {
      works: [() => endOf(guestlist.withdraw(inviterId, { groups: ['choir:manager'] })), await redeemerOf(accountId, token)],
      check: async ([, accepted]) => {
        expect(await groupsOf(accountId)).toEqual(accepted === 'joined' ? ['choir'] : []);
        expect(await setting.usedCount(id)).toBe(accepted === 'joined' ? 1 : 0);
      },
    };
  });
  expect(seen).toEqual(['done + invitation_suspended', 'done + joined']);
});

test('a group is closed while somebody accepts: in it before, or on hold; and apps hear nothing of it', async () => {
  const seen = await race(10, async (round) => {
    const slug = `closing-${round}`;
    await setting.server.addGroup(slug);
    const { token } = await guestlist.invite({ groups: [slug] });
    const accountId = await someone();
    return {
      works: [() => endOf(guestlist.changeGroup(slug, { archived: true })), await redeemerOf(accountId, token)],
      check: async () => expect(await groupsOf(accountId)).toEqual([]),
    };
  });
  for (const pair of seen) expect(['done + invitation_suspended', 'done + joined']).toContain(pair);
});

/**
 * A control: the same race against counting that is known to be wrong (read, compare, then write). If this one came out
 * right, the race tests would prove nothing.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hasRedeemed, insertRedemption, takePlace } from '../../src/invitation/redemption-store.ts';
import { findInvitation, lockInvitation } from '../../src/invitation/store.ts';
import { addGroup } from '../../src/group/manage.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { inTransaction, type Transaction } from '../../src/lib/db.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { invitations } from '../../src/plugin.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let own: TestDatabase;
const tools = { clock: systemClock, random: secureRandom };

beforeAll(async () => {
  own = await createTestDatabase({ poolSize: 40 });
  await addGroup(own.database, { slug: 'choir', name: 'Choir', description: '', rights: [] }, tools);
});
afterAll(() => own?.drop());

type Count = (trx: Transaction, invitationId: string) => Promise<boolean>;

/** 200 accounts, 50 places: how many get in. */
async function race(count: Count): Promise<number> {
  const { database } = own;
  const guestlist = invitations({ database, issuer: 'https://op.example.org', person: async () => undefined });
  const { id } = await guestlist.invite({ groups: ['choir'], maxUses: 50 });
  const { rows } = await database.raw('select id from guestlist.invitation_token where invitation_id = ?', [id]);
  const tokenId = rows[0].id as string;
  const attempts = Array.from({ length: 200 }, (_, index) =>
    inTransaction(database, async (trx) => {
      if (!(await count(trx, id))) return false;
      return insertRedemption(trx, {
        invitationId: id,
        accountId: `account-${index}`,
        tokenId,
        redeemedAt: systemClock(),
        accountCreated: false,
      });
    }),
  );
  return (await Promise.all(attempts)).filter(Boolean).length;
}

test('read, compare, then write lets too many in: the race is a race', async () => {
  const admitted = await race(async (trx, id) => {
    const invitation = await findInvitation(trx, id);
    if (!invitation || invitation.usedCount >= invitation.maxUses) return false;
    await trx.raw('update guestlist.invitation set used_count = ? where id = ?', [invitation.usedCount + 1, id]);
    return true;
  });
  expect(admitted).toBeGreaterThan(50);
});

test('our way lets in fifty', async () => {
  const admitted = await race(async (trx, id) => {
    await lockInvitation(trx, id);
    return !(await hasRedeemed(trx, id, 'nobody')) && takePlace(trx, id, systemClock());
  });
  expect(admitted).toBe(50);
});

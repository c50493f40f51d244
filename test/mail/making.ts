/** What the tests of mail share: an invitation in the database, a host that writes mails, and a look at every row. */
import type { Invitation } from '../../src/invitation/invitation.ts';
import type { MailHost } from '../../src/invitation/mails.ts';
import type { InvitationMails } from '../../src/invitation/pages.ts';
import type { Visit } from '../../src/invitation/visit.ts';
import { addSeconds } from '../../src/lib/clock.ts';
import type { Database } from '../../src/lib/db.ts';
import { emailKey } from '../../src/lib/email.ts';
import { createRenderer } from '../../src/lib/page.ts';
import { newId, secureRandom } from '../../src/lib/random.ts';
import { createSeal } from '../../src/lib/seal.ts';

export const issuer = 'https://op.example.org/oidc';
export const now = new Date('2026-05-04T10:00:00Z');
export const seal = createSeal('a secret for tests, 32 characters or more', secureRandom);
const people: Readonly<Record<string, Awaited<ReturnType<MailHost['person']>>>> = {
  maya: { name: 'Maya Lind', email: 'maya@example.org', emailVerified: true },
  'without-address': { name: 'Noor', emailVerified: false },
  'two-addresses': { name: 'Eve', email: 'eve@example.org, bea@example.org', emailVerified: false },
};

export const mailHost: MailHost = {
  random: secureRandom,
  issuer,
  home: 'https://op.example.org/oidc/',
  person: async (accountId) => people[accountId],
  render: createRenderer({ brand: 'Chorverband', base: '/oidc' }).render<InvitationMails>(),
  seal,
};

export const to = (email: string, rule: 'exact' | 'verify' | 'any' = 'exact') => ({ email, key: emailKey(email), rule });

export async function addInvitation(database: Database, more: Partial<Invitation> = {}): Promise<Invitation> {
  const invitation: Invitation = {
    id: newId(now, secureRandom),
    label: 'spring list',
    inviterId: 'maya',
    inviterName: 'Maya Lind',
    message: 'Come and sing with us.',
    locale: undefined,
    landingClientId: undefined,
    maxUses: 1,
    usedCount: 0,
    heldCount: 0,
    startsAt: undefined,
    expiresAt: addSeconds(now, 86_400),
    createdAt: now,
    revokedAt: undefined,
    addressee: undefined,
    domains: [],
    requiredAcr: undefined,
    needsApproval: false,
    pinSetAt: undefined,
    confirmedAt: undefined,
    askedForAt: undefined,
    grants: [
      {
        kind: 'group',
        groupId: 'g1',
        slug: 'choir',
        name: 'Kammerchor Nord',
        description: 'Sings on Tuesdays',
        role: 'member',
        sensitive: false,
        archived: false,
      },
    ],
    ...more,
  };
  const { id, maxUses, expiresAt, createdAt } = invitation;
  await database('guestlist.invitation').insert({ id, max_uses: maxUses, expires_at: expiresAt, created_at: createdAt });
  return invitation;
}

/** As a browser has it that opened a link of the invitation. */
export async function addVisit(database: Database, invitation: Invitation): Promise<Visit> {
  const [id, tokenId] = [newId(now, secureRandom), newId(now, secureRandom)];
  const expiresAt = addSeconds(now, 7200);
  const token = { id: tokenId, invitation_id: invitation.id, channel: 'link', digest: secureRandom(32), created_at: now };
  await database('guestlist.invitation_token').insert(token);
  const row = { id, handle_digest: secureRandom(32), token_id: tokenId, channel: 'link', created_at: now, expires_at: expiresAt };
  await database('guestlist.visit').insert(row);
  return {
    id,
    tokenId,
    channel: 'link',
    superseded: false,
    pinPassedAt: undefined,
    expiresAt,
    continuedAt: undefined,
    answer: undefined,
    accountId: undefined,
    invitation,
  };
}

/** Every row of every table, as text; what is bytes there stands in hexadecimal. */
export async function everyRow(database: Database): Promise<string> {
  const { rows: tables } = await database.raw(`select table_name as name from information_schema.tables where table_schema = 'guestlist'`);
  const lines: string[] = [];
  for (const { name } of tables) {
    const { rows } = await database.raw('select t::text as line from guestlist.?? t', [name]);
    lines.push(...rows.map(({ line }: { line: string }) => line));
  }
  return lines.join('\n');
}

/** The ways in which a text could hide in rows. */
export function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [secret, encodeURIComponent(secret), bytes.toString('hex'), bytes.toString('base64').replace(/=+$/, '')];
}

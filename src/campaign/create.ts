/** Storing a campaign with its rows: some at a time, so that a long file is never held whole. Making comes later (`make.ts`). */
import { type Origin, recordAudit } from '../audit/audit.ts';
import { grantLabel } from '../group/manage.ts';
import type { InvitationHost } from '../invitation/host.ts';
import { onRecord } from '../invitation/limits.ts';
import { addSeconds } from '../lib/clock.ts';
import { inTransaction } from '../lib/db.ts';
import { newId } from '../lib/random.ts';
import type { CampaignSummary, RowAnswer } from './campaign.ts';
import { type CampaignDraft, type JudgedRow, judgedRows, prepare } from './draft.ts';
import { deleteUnstored, findCampaign, findUnstored, insertCampaign, insertRows, markStored, type NewRow } from './store.ts';

export type Created = CampaignSummary & {
  /** Rows that nothing will be made of, the first 1,000 of them; `rows` of the campaign has them all. */
  readonly problems: readonly RowAnswer[];
};

const storedAtOnce = 1_000;
const mostProblems = 1_000;

/**
 * Throws what `prepare` throws, and `TypeError` for a file that cannot be read or has no row; then nothing is left. Rows
 * that cannot be used are kept with their answer, and the others are not affected.
 */
export async function createCampaign(host: InvitationHost, draft: CampaignDraft, from?: Origin): Promise<Created> {
  const { database, clock, random } = host;
  const actor = draft.inviterId ?? 'operator';
  const prepared = await onRecord(host, { actor, from, subject: actor }, () => prepare(host, draft));
  const { grants, ...campaign } = prepared;
  const createdAt = clock();
  const id = newId(createdAt, random);
  await insertCampaign(database, { ...campaign, id, createdAt });
  try {
    const { problems, count } = await storeRows(host, id, judgedRows(draft.rows, prepared));
    if (count === 0) throw new TypeError('campaign: rows must be given: there are no rows');
    await inTransaction(database, async (trx) => {
      const now = clock();
      await markStored(trx, id, now);
      const detail = { name: campaign.name, kind: campaign.kind, rows: count, grants: grants.map(grantLabel) };
      await recordAudit(trx, { at: now, actor, from, action: 'campaign.created', subject: id, detail }, random);
    });
    const stored = await findCampaign(database, id);
    if (!stored) throw new Error('the campaign is gone');
    return { ...stored, problems };
  } catch (error) {
    // Where it cannot be done now, `removeAbandoned` does it.
    await inTransaction(database, (trx) => deleteUnstored(trx, id)).catch(() => undefined);
    throw error;
  }
}

async function storeRows(host: InvitationHost, id: string, judged: AsyncIterable<JudgedRow>) {
  const problems: RowAnswer[] = [];
  let count = 0;
  let added: NewRow[] = [];
  const flush = async () => {
    if (added.length > 0) await insertRows(host.database, id, { added, now: host.clock() });
    added = [];
  };
  for await (const row of judged) {
    count += 1;
    added.push(toNewRow(row));
    const { position, answer, email, name } = row;
    if (answer !== 'valid' && problems.length < mostProblems) problems.push({ position, answer, email, name });
    if (added.length >= storedAtOnce) await flush();
  }
  await flush();
  return { problems, count };
}

/** Of what is refused, nothing is kept but why. */
function toNewRow({ position, answer, key, email, emailKey, name }: JudgedRow): NewRow {
  if (answer === 'valid') return { position, key, email, emailKey, name, failure: undefined };
  return { position, key: undefined, email: undefined, emailKey: undefined, name: undefined, failure: answer };
}

/** Longer than it takes to send a file. */
const abandonedSeconds = 24 * 60 * 60;

/** What was left by a process that died while it read rows. */
export async function removeAbandoned(host: Pick<InvitationHost, 'database'>, now: Date): Promise<void> {
  for (const id of await findUnstored(host.database, addSeconds(now, -abandonedSeconds)))
    await inTransaction(host.database, (trx) => deleteUnstored(trx, id));
}

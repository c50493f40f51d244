/** SQL that finds invitations by how their label begins, by `invitation_label`; large and small letters are the same. */
import { firstRow, type Queryable, rows } from '../lib/db.ts';

/** A condition on `i`; bind `labelPattern`. The index has only those that have a label. */
export const hasLabel = `i.label <> '' and lower(i.label) like lower(:labelPattern::text)`;

/** What LIKE takes; `prefix` has no meaning of its own. */
export function patternOf(prefix: string): string {
  return `${prefix.normalize('NFC').replace(/[\\%_]/g, '\\$&')}%`;
}

/** So many different ones can be read side by side. */
const mostLabels = 100;
/** So many can be sorted for one page. */
const mostSorted = 2_000;

/**
 * Labels are not like addresses: a whole campaign may have the same one. The different labels, in small letters, of each of
 * which the newest can be read; `few`: there are more labels, but all that have one of them can be sorted; undefined: too
 * many of both.
 */
export type Alike = readonly string[] | 'few' | undefined;

export async function findAlike(db: Queryable, labelPattern: string): Promise<Alike> {
  // One look at the index for each.
  const next = (from: string) => `select lower(i.label) from guestlist.invitation i where ${hasLabel} ${from} ${inOrder} limit 1`;
  const sql = `with recursive known (label) as (
      (${next('')}) union all select (${next('and lower(i.label) ~>~ known.label')}) from known where known.label is not null
    ) select label from known where label is not null limit :limit`;
  const found = await rows<{ label: string }>(db, sql, { labelPattern, limit: mostLabels + 1 });
  if (found.length <= mostLabels) return found.map(({ label }) => label);
  const counted = `select count(*)::int as count from (select from guestlist.invitation i where ${hasLabel} ${inOrder} limit :limit) first`;
  const { count = 0 } = (await firstRow<{ count: number }>(db, counted, { labelPattern, limit: mostSorted + 1 })) ?? {};
  return count <= mostSorted ? 'few' : undefined;
}

/** Of the index: so that it is read from its beginning, and no further than is asked for. */
const inOrder = 'order by lower(i.label) using ~<~';

/** SQL of the console's lists of invitations: how far a mailed one came. */
import { type Queryable, rows } from '../lib/db.ts';

export type Step = 'declined' | 'bounced' | 'opened';

type StepsRow = { readonly id: string; readonly declined: boolean; readonly bounced: boolean; readonly opened: boolean };

/** The furthest of each; those that came nowhere are left out. That a link was opened is a hint: scanners open links as well. */
export async function findSteps(db: Queryable, ids: readonly string[]): Promise<ReadonlyMap<string, Step>> {
  if (ids.length === 0) return new Map();
  const sql = `select i.id,
      exists (select from guestlist.audit_event e where e.subject = i.id and e.action = 'invitation.declined') as declined,
      m.bounced is not null and m.mailed is null as bounced,
      exists (select from guestlist.attempt a where a.invitation_id = i.id and a.kind = 'opened') as opened
    from unnest(:ids::text[]) as i (id)
    left join lateral (select max(sent_at) as mailed, max(failed_at) as bounced from guestlist.mail
      where invitation_id = i.id and kind = 'invited') m on true`;
  const found = await rows<StepsRow>(db, sql, { ids });
  return new Map(
    found.flatMap(({ id, declined, bounced, opened }): [string, Step][] => {
      const step = declined ? 'declined' : bounced ? 'bounced' : opened ? 'opened' : undefined;
      return step ? [[id, step]] : [];
    }),
  );
}

/** Of the mails about one that invite. */
export async function findMailIds(db: Queryable, invitationId: string): Promise<string[]> {
  const sql = `select id from guestlist.mail where invitation_id = :invitationId and kind = 'invited' order by id`;
  return (await rows<{ id: string }>(db, sql, { invitationId })).map(({ id }) => id);
}

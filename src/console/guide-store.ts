/** How far a new server is: facts, so that nothing needs to be remembered. */
import { firstRow, type Queryable } from '../lib/db.ts';

export type GuideFacts = {
  readonly hasBrand: boolean;
  readonly hasTestedMail: boolean;
  readonly hasGroup: boolean;
  readonly hasApp: boolean;
  /** By somebody; the first admin was invited by nobody. */
  readonly hasInvited: boolean;
};

export async function findGuideFacts(db: Queryable): Promise<GuideFacts> {
  const sql = `
    select exists (select from guestlist.setting where name in ('brand', 'logo', 'accent')) as "hasBrand",
      exists (select from guestlist.audit_event where action = 'mail.tested') as "hasTestedMail",
      exists (select from guestlist."group") as "hasGroup",
      exists (select from guestlist.client) as "hasApp",
      exists (select from guestlist.invitation where inviter_id is not null) as "hasInvited"`;
  const none = { hasBrand: false, hasTestedMail: false, hasGroup: false, hasApp: false, hasInvited: false };
  return (await firstRow<GuideFacts>(db, sql)) ?? none;
}

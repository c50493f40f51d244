/** Every operation there is; each list is with what it is about. */
import { campaignFileOperations } from './campaign-files.ts';
import { campaignOperations } from './campaigns.ts';
import { requestOperations } from './requests.ts';
import { accountDeedOperations } from './account-deeds.ts';
import { accountOperations } from './accounts.ts';
import { auditOperations } from './audit.ts';
import { clientDeedOperations } from './client-deeds.ts';
import { clientOperations } from './clients.ts';
import { groupOperations } from './groups.ts';
import { invitationBulkOperations } from './invitation-bulk.ts';
import { invitationDeedOperations } from './invitation-deeds.ts';
import { invitationPeopleOperations } from './invitation-people.ts';
import { invitationOperations } from './invitations.ts';
import { mailOperations } from './mail.ts';
import type { Operation } from './operation.ts';
import type { OperationId } from './paths.ts';
import { settingOperations } from './settings.ts';
import { templateOperations } from './templates.ts';

export const operations = {
  ...groupOperations,
  // Before single invitations: `/invitations/export` is no id.
  ...invitationBulkOperations,
  ...invitationOperations,
  ...invitationDeedOperations,
  ...invitationPeopleOperations,
  ...templateOperations,
  ...clientOperations,
  ...clientDeedOperations,
  ...accountOperations,
  ...accountDeedOperations,
  ...settingOperations,
  ...mailOperations,
  ...auditOperations,
  ...campaignOperations,
  ...campaignFileOperations,
  ...requestOperations,
} satisfies Readonly<Record<OperationId, Operation>>;

export type AllOperations = typeof operations;

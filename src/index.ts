/** The npm door: what a host imports. */
export type { Campaigns } from './campaign/calls.ts';
export type { CampaignRow, CampaignSummary, Report, RowAnswer, RowProblem, RowState } from './campaign/campaign.ts';
export type { CampaignDraft, CampaignSource, CampaignWish } from './campaign/draft.ts';
export type { Card } from './campaign/make.ts';
export { Failure, type FailureCode } from './errors.ts';
export type { Grant } from './group/group.ts';
export type { GrantWish, GroupChange } from './group/manage.ts';
export type { GroupPolicy, PolicyRule } from './group/policy.ts';
export type { GroupPolicyWish } from './group/set-policy.ts';
export type { WaitingForApproval } from './invitation/approval.ts';
export type { InvitationChange } from './invitation/change.ts';
export type { GuestlistOptions } from './invitation/create-host.ts';
export { type Gate, isStep } from './invitation/gate.ts';
export type {
  ApprovalEvent,
  ConfirmEmail,
  FindAccountByEmail,
  FindPeople,
  FindPerson,
  GrantEvent,
  GuestlistEvents,
  HostApp,
  HostPerson,
  MayInvite,
  RedeemedEvent,
} from './invitation/host.ts';
export type { Leak, LeakFacts, LeakReason } from './invitation/leak.ts';
export type { InviterNode, InviterTree, IssuedBy } from './invitation/inviters.ts';
export type { RevokedAll, RevokingAll } from './invitation/revoke-all.ts';
export type { Inviter, OwnInvitations, OwnIssued, OwnWish } from './invitation/own.ts';
export type { Invitable } from './invitation/invitable.ts';
export type { IssuedInvitation } from './invitation/issue.ts';
export type { InvitationPages } from './invitation/pages.ts';
export type { InvitationSummary } from './invitation/summary.ts';
export type { Template, TemplateWish } from './invitation/template.ts';
export type { TimelineEntry } from './invitation/timeline.ts';
export type { Given } from './invitation/undo.ts';
export type { InviteOptions } from './invitation/wish.ts';
export { MailRefused, type OutgoingMail, type SendMail } from './mail/deliver.ts';
export { type SmtpOptions, smtp } from './mail/smtp.ts';
export type { PendingRequest, Requests } from './request/desk-calls.ts';
export type { GuestlistCalls, Issued, IssuedLink, NewGroup } from './calls.ts';
export type { By } from './invitation/deed.ts';
export { type Exchange, type Guestlist, invitations, type Registration } from './plugin.ts';

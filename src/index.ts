/** The npm door: what a host imports. */
export { Failure, type FailureCode } from './errors.ts';
export type { Grant } from './group/group.ts';
export type { GrantWish } from './group/manage.ts';
export type { InvitationChange } from './invitation/change.ts';
export type { Gate } from './invitation/gate.ts';
export type { FindPerson, GrantEvent, GuestlistEvents, HostApp, HostPerson, RedeemedEvent } from './invitation/host.ts';
export type { InviteOptions, IssuedInvitation } from './invitation/issue.ts';
export type { InvitationPages } from './invitation/pages.ts';
export type { InvitationSummary } from './invitation/summary.ts';
export type { SendMail } from './mail/deliver.ts';
export { type SmtpOptions, smtp } from './mail/smtp.ts';
export { type Exchange, type Guestlist, type GuestlistOptions, invitations, type Registration } from './plugin.ts';

/** The npm door: what a host imports. */
export { Failure, type FailureCode } from './errors.ts';
export type { FindPerson, HostApp, HostPerson } from './invitation/host.ts';
export { type Gate, type Guestlist, type GuestlistOptions, invitations } from './plugin.ts';

/** How often one may try. Few tries from one place for one address; more in all, so that nobody is locked out at will. */
import type { Database } from '../lib/db.ts';
import { addressBlock, createThrottle } from '../lib/throttle.ts';
import { countingKey, type EmailKey } from '../lib/email.ts';

export type AccountThrottles = {
  /** Throws `too_many_requests` with the seconds to wait. */
  beforeSignIn(key: EmailKey, ip: string): Promise<void>;
  /** The person knew the password: earlier slips are forgiven. */
  afterSignIn(key: EmailKey, ip: string): Promise<void>;
  /** By visit, and by place: whoever has a link has as many visits as they like. */
  beforeRegistration(visitId: string, ip: string): Promise<void>;
  /** A link to this mailbox. The place first: one that has had its share uses up nobody's mailbox. */
  beforeMail(key: EmailKey, ip: string): Promise<void>;
  /** Judging a new password takes everybody's time. */
  beforeNewPassword(accountId: string): Promise<void>;
};

export function createAccountThrottles(database: Database): AccountThrottles {
  const fromOnePlace = createThrottle(database, { name: 'sign_in_place', points: 10, perSeconds: 15 * 60 });
  // Less than the limit in all: else one place could use that up by itself, and lock the owner out.
  const fromOnePlaceADay = createThrottle(database, { name: 'sign_in_place_day', points: 30, perSeconds: 24 * 60 * 60 });
  const inAll = createThrottle(database, { name: 'sign_in', points: 100, perSeconds: 24 * 60 * 60 });
  const perVisit = createThrottle(database, { name: 'register', points: 20, perSeconds: 60 * 60 });
  const registrationsOfPlace = createThrottle(database, { name: 'register_place', points: 1_000, perSeconds: 60 * 60 });
  const mailsOfPlace = createThrottle(database, { name: 'account_mail_place', points: 100, perSeconds: 60 * 60 });
  const mailsToMailbox = createThrottle(database, { name: 'account_mail', points: 3, perSeconds: 60 * 60 });
  const newPasswords = createThrottle(database, { name: 'new_password', points: 20, perSeconds: 60 * 60 });
  const place = (key: EmailKey, ip: string) => `${key} ${addressBlock(ip)}`;
  return {
    async beforeSignIn(key, ip) {
      await fromOnePlace.consume(place(key, ip));
      await fromOnePlaceADay.consume(place(key, ip));
      await inAll.consume(key);
    },
    async afterSignIn(key, ip) {
      await fromOnePlace.reset(place(key, ip));
      await fromOnePlaceADay.reset(place(key, ip));
      await inAll.reset(key);
    },
    async beforeRegistration(visitId, ip) {
      await perVisit.consume(visitId);
      await registrationsOfPlace.consume(addressBlock(ip));
    },
    async beforeMail(key, ip) {
      await mailsOfPlace.consume(addressBlock(ip));
      await mailsToMailbox.consume(countingKey(key));
    },
    async beforeNewPassword(accountId) {
      await newPasswords.consume(accountId);
    },
  };
}

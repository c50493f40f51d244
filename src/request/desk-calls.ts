/** What a host can do about requests: the part of the plugin's interface that this slice owns. */
import { type By, deedOf } from '../invitation/deed.ts';
import type { InvitationHost } from '../invitation/host.ts';
import { approveRequest, declineRequest } from './decide.ts';
import { type Desk, listDesks } from './desk-store.ts';
import { addRequestRule, closeRequests, openRequests, removeRequestRule, rulesOfDesk, type RuleWish } from './desk.ts';
import type { Rule } from './request.ts';
import { listWaiting, type RequestRow } from './store.ts';
import { couldApprove, listWaitingFor } from './waiting.ts';

export type PendingRequest = {
  readonly id: string;
  readonly group: string;
  /** Proven. */
  readonly email: string;
  /** A stranger's own words. */
  readonly name: string;
  readonly note: string;
  readonly source: string | undefined;
  readonly confirmedAt: Date;
};

export type WaitingFor = {
  readonly group?: string | undefined;
  readonly limit?: number | undefined;
  readonly after?: string | undefined;
  /** Only those that this account could approve today. */
  readonly accountId?: string | undefined;
};

/** `actor`: an account, whose right to invite is asked each time, or `operator`. */
export type Requests = {
  /**
   * From now on anybody may ask at `/invite/request/<group>`. What an approval gives is what the template says, or
   * membership. Throws `group_not_found`, `template_not_found`, `grant_not_allowed`; `TypeError` without the option `secret`.
   */
  open(group: string, options?: { readonly template?: string }, actor?: By): Promise<void>;
  /** Throws `requests_closed` where it was not open. */
  close(group: string, actor?: By): Promise<void>;
  /** Every group where one can ask, or could. */
  list(): Promise<Pick<Desk, 'slug' | 'name' | 'template' | 'isOpen'>[]>;
  /** The oldest first; for the next page give the last id as `after`. */
  waiting(page?: WaitingFor): Promise<PendingRequest[]>;
  /** Could this account decide about it today, or could have if it is decided? False also for one that there is not. */
  couldApprove(requestId: string, accountId: string): Promise<boolean>;
  /** Mails an invitation. Throws `request_not_found`, `request_decided`, `grant_not_allowed`, `group_full`, `group_not_found` (archived). */
  approve(requestId: string, actor?: By): Promise<{ readonly invitationId: string; readonly needsConfirming: boolean }>;
  /**
   * With `message`, even an empty one, the person is told: plain text, 1000 characters at most. Throws `request_not_found`,
   * `request_decided`, `grant_not_allowed`.
   */
  decline(requestId: string, options?: { readonly message?: string }, actor?: By): Promise<void>;
  /**
   * What decides by itself, in the name of the actor. One for each domain: a new one takes the place of the old. Where a
   * person has a say – a sensitive group, an archived or full one, somebody who was removed or refused – they wait for one.
   */
  addRule(group: string, rule: RuleWish, actor?: By): Promise<Rule>;
  /** False: there was none. */
  removeRule(group: string, domain: string, actor?: By): Promise<boolean>;
  rules(group: string): Promise<Rule[]>;
};

export function requestDesk(host: InvitationHost): Requests {
  const { database } = host;
  return {
    open: (group, { template } = {}, actor = 'operator') => openRequests(host, group, { ...deedOf(actor), template }),
    close: (group, actor = 'operator') => closeRequests(host, group, deedOf(actor)),
    list: async () => (await listDesks(database)).map(({ slug, name, template, isOpen }) => ({ slug, name, template, isOpen })),
    waiting: async ({ group, limit = 100, after, accountId } = {}) => {
      const page = { slug: group, limit, after };
      const found = accountId === undefined ? await listWaiting(database, page) : await listWaitingFor(host, { ...page, accountId });
      return found.flatMap(toPending);
    },
    couldApprove: (id, accountId) => couldApprove(host, id, accountId),
    approve: (id, actor = 'operator') => approveRequest(host, id, deedOf(actor)),
    decline: (id, { message } = {}, actor = 'operator') => declineRequest(host, id, { ...deedOf(actor), message }),
    addRule: (group, rule, actor = 'operator') => addRequestRule(host, group, { ...deedOf(actor), rule }),
    removeRule: (group, domain, actor = 'operator') => removeRequestRule(host, group, { ...deedOf(actor), domain }),
    rules: (group) => rulesOfDesk(host, group),
  };
}

/** None, if who it is was forgotten. */
function toPending({ id, slug, email, name, note, source, confirmedAt }: RequestRow): PendingRequest[] {
  return email && confirmedAt ? [{ id, group: slug, email, name, note, source: source ?? undefined, confirmedAt }] : [];
}

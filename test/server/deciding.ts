/** The refusals of those who decide about invitations and people, and how a refusal is seen at all. */
import { errors, Failure, type FailureCode } from '../../src/errors.ts';
import { type Browser, createBrowser, type Rest } from '../support/browser.ts';
import { askFor } from '../support/people.ts';
import { expect } from 'vitest';
import type { TestServer } from '../support/server.ts';

export type Seen = { readonly status: number; readonly code: string | undefined };

export const seenOn = ({ status, $ }: Rest): Seen => ({ status, code: $('body').attr('data-code') });

/** A use case that has no page: what it throws. */
export async function thrownBy(work: () => Promise<unknown>): Promise<Seen> {
  const failure = await work().then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(failure instanceof Failure)) throw new Error('it was not refused', { cause: failure });
  return { status: errors[failure.code].status, code: failure.code };
}

type Site = {
  readonly server: TestServer;
  readonly someMember: () => Promise<{ readonly browser: Browser; readonly accountId: string }>;
};

export const deciding = (site: () => Site) =>
  ({
    approval_rejected: async () => {
      const { browser: member, accountId } = await site().someMember();
      await site().server.addGroup('asked');
      const { url, id } = await site().server.guestlist.invite({ groups: ['asked'], approval: true });
      await member.submit(await member.submit(await member.open(url), 'join'), 'Ask to join');
      await site().server.guestlist.reject(id, accountId, 'operator');
      expect(seenOn(await member.open('/invite/done')).code).toBe('approval_rejected');
      return seenOn(await member.submit(await member.open(url), 'join'));
    },
    approval_not_found: async () => {
      const { id } = await site().server.guestlist.invite({ groups: ['choir'], approval: true });
      return thrownBy(() => site().server.guestlist.approve(id, 'nobody', 'operator'));
    },
    approval_decided: async () => {
      const { browser: member, accountId } = await site().someMember();
      await site().server.addGroup('decided');
      const { url, id } = await site().server.guestlist.invite({ groups: ['decided'], approval: true });
      await member.submit(await member.submit(await member.open(url), 'join'), 'Ask to join');
      await site().server.guestlist.approve(id, accountId, 'operator');
      return thrownBy(() => site().server.guestlist.approve(id, accountId, 'operator'));
    },
    grant_not_allowed: async () => {
      const { accountId } = await site().someMember();
      return thrownBy(() => site().server.guestlist.invite({ groups: ['choir'], inviterId: accountId }));
    },
    policy_refused: async () => {
      const { accountId } = await site().someMember();
      await site().server.addGroup('governed');
      await site().server.guestlist.grant(accountId, { groups: ['governed:manager'] });
      await site().server.guestlist.setPolicy('governed', { maxPlaces: 1 });
      return thrownBy(() => site().server.guestlist.invite({ groups: ['governed'], inviterId: accountId, maxUses: 2 }));
    },
    requests_closed: async () => {
      const browser = createBrowser(site().server.issuer);
      return seenOn(await browser.open('/invite/request/choir'));
    },
    request_not_found: async () => thrownBy(() => site().server.guestlist.requests.approve('0197-none')),
    request_decided: async () => {
      const { server } = site();
      await server.addGroup('wanted');
      await server.guestlist.requests.open('wanted');
      await askFor(server, 'wanted', 'decided@example.org');
      const [request] = await server.guestlist.requests.waiting({ group: 'wanted' });
      await server.guestlist.requests.approve(request?.id ?? '');
      return thrownBy(() => server.guestlist.requests.decline(request?.id ?? ''));
    },
    second_person_needed: async () => {
      await site().server.guestlist.addGroup({ slug: 'vault', name: 'Vault', sensitive: true });
      const { id } = await site().server.guestlist.invite({ groups: ['vault'] });
      return thrownBy(() => site().server.guestlist.confirm(id, 'operator'));
    },
    nothing_to_confirm: async () => {
      const { id } = await site().server.guestlist.invite({ groups: ['choir'] });
      return thrownBy(() => site().server.guestlist.confirm(id, 'operator'));
    },
    no_addressee: async () => {
      const { id } = await site().server.guestlist.invite({ groups: ['choir'] });
      return thrownBy(() => site().server.guestlist.resend(id, 'operator'));
    },
    template_not_found: () => thrownBy(() => site().server.guestlist.invite({ template: 'no-such-template' })),
    template_exists: async () => {
      await site().server.guestlist.addTemplate({ name: 'twice', wish: { groups: ['choir'] } });
      return thrownBy(() => site().server.guestlist.addTemplate({ name: 'twice', wish: { groups: ['choir'] } }));
    },
  }) satisfies Partial<Record<FailureCode, () => Promise<Seen>>>;

/** Of the console's pages about rights. */
import type { ConsoleFrame } from '../../src/console/frame.ts';
import type { ConsolePages } from '../../src/console/pages.ts';

type Names = `console/right${'s' | '' | '-take'}`;
type Cases = { readonly [Name in Names]: Readonly<Record<string, ConsolePages[Name]>> };

const form = (action: string) => ({ action, formToken: 'token' });
const since = new Date('2026-03-02T09:00:00Z');
const until = new Date('2027-03-02T23:59:59Z');

const holder = {
  name: 'Ada Park',
  email: 'ada@example.org',
  href: '/admin/people/1',
  since,
  until,
  invitationHref: '/admin/invitations/1',
  inviterName: 'Maya Lind',
  takeHref: '/admin/rights/take?account=1&right=wiki%3Aedit',
};

export const rightSamples = (admin: ConsoleFrame): Cases => {
  return {
    'console/rights': {
      several: {
        console: admin,
        ...form('/admin/rights'),
        typed: {},
        errors: {},
        most: 1_000,
        rights: [
          { name: 'guestlist:admin', description: 'Runs everything here', href: '/admin/rights/one?right=a', groups: [], count: 2 },
          { name: 'wiki:edit', description: '', href: '/admin/rights/one?right=b', groups: ['Wiki people', 'House'], count: 1_001 },
        ],
      },
      nothing: {
        console: admin,
        ...form('/admin/rights'),
        typed: { name: 'Wiki' },
        errors: { name: 'not_a_right' },
        most: 1_000,
        rights: [],
      },
      taken: {
        console: admin,
        ...form('/admin/rights'),
        typed: { name: 'wiki:edit' },
        errors: { name: 'right_taken' },
        most: 1_000,
        rights: [],
      },
    },
    'console/right': {
      held: {
        console: admin,
        name: 'wiki:edit',
        description: 'Edit the wiki',
        groups: [{ name: 'Wiki people', href: '/admin/groups/wiki' }],
        holders: [holder, { ...holder, email: undefined, until: undefined, invitationHref: undefined, inviterName: undefined }],
        give: form('/admin/rights/give'),
        typed: {},
        errors: {},
        startHref: '/admin/rights/one?right=b',
        nextHref: '/admin/rights/one?right=b&after=x',
      },
      nobody: {
        console: admin,
        name: 'wiki:edit',
        description: '',
        groups: [],
        holders: [],
        give: form('/admin/rights/give'),
        typed: { email: 'x' },
        errors: { email: 'has_it_already', until: 'not_a_date' },
        startHref: undefined,
        nextHref: undefined,
      },
    },
    'console/right-take': {
      standard: {
        console: admin,
        ...form('/admin/rights/take'),
        right: 'wiki:edit',
        person: 'Ada Park',
        hidden: { account: '1', right: 'wiki:edit' },
        backHref: '/admin/rights/one?right=b',
      },
    },
  };
};

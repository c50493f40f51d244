/** Of the console's pages about people who wait for somebody's word: approvals and requests. */
import type { ConsoleFrame } from '../../src/console/frame.ts';
import type { ConsolePages } from '../../src/console/pages.ts';

const at = new Date('2026-11-21T09:12:00Z');
const later = new Date('2026-11-26T18:00:00Z');
const groups = [
  { slug: 'choir', name: 'Kammerchor Nord' },
  { slug: 'stage', name: 'Stage crew' },
];

export function waitingSamples(frame: ConsoleFrame) {
  const framed = { console: frame };
  const form = (action: string) => ({ ...framed, action, formToken: 'token' });
  const approvals: ConsolePages['console/approvals'] = {
    ...framed,
    waiting: [
      {
        id: '0197-1~0197-a',
        name: 'Ada Park',
        email: 'ada@example.org',
        href: '/admin/people/0197-a',
        invitation: 'Altos',
        invitationHref: '/admin/invitations/0197-1',
        askedAt: at,
        lapsesAt: later,
      },
    ],
    pick: { action: '/admin/approvals/decide', formToken: 'token' },
    cursor: 'WyJhIl0',
    isNothingChosen: false,
    startHref: undefined,
    nextHref: undefined,
    invitationsHref: '/admin/invitations',
  };
  const reject = {
    ...form('/admin/approvals/decide'),
    names: ['Ada Park'],
    ids: '1~2',
    cursor: '',
    errors: {},
    backHref: '/admin/approvals',
  };
  const requests: ConsolePages['console/requests'] = {
    ...framed,
    requests: [
      {
        id: '0197-r',
        name: 'Ada Park',
        email: 'ada@example.org',
        group: 'Kammerchor Nord',
        note: 'I sing alto.',
        source: 'poster',
        askedAt: at,
      },
      { id: '0197-s', name: 'Ben', email: 'ben@example.org', group: 'Stage crew', note: '', source: undefined, askedAt: at },
    ],
    group: '',
    desks: groups.map(({ slug: value, name: label }) => ({ value, label })),
    pick: { action: '/admin/requests/decide', formToken: 'token' },
    cursor: 'WyJhIl0',
    isNothingChosen: false,
    listHref: '/admin/requests',
    desksHref: '/admin/requests/desks',
    startHref: undefined,
    nextHref: undefined,
  };
  const decline = {
    ...form('/admin/requests/decide'),
    names: ['Ada Park <ada@example.org>'],
    ids: '1',
    cursor: '',
    group: 'choir',
    message: '',
    errors: {},
    backHref: '/admin/requests',
  };
  const desk: ConsolePages['console/request-desk'] = {
    ...form('/admin/requests/desks/choir'),
    desk: { slug: 'choir', name: 'Kammerchor Nord', isOpen: true, template: 'tenors', url: 'https://id.example.org/invite/request/choir' },
    templates: ['tenors'],
    rules: [
      { domain: 'example.org', decision: 'approve', perDay: 20 },
      { domain: '*', decision: 'decline', perDay: undefined },
    ],
    typed: {},
    errors: {},
    listHref: '/admin/requests',
    desksHref: '/admin/requests/desks',
  };
  return {
    'console/approvals': {
      one: approvals,
      nobody: { ...approvals, waiting: [] },
      'nothing chosen': { ...approvals, isNothingChosen: true },
    },
    'console/approvals-reject': { one: reject, nobody: { ...reject, names: [], ids: '' } },
    'console/request-desk': {
      open: desk,
      closed: { ...desk, desk: { ...desk.desk, isOpen: false, template: '' }, templates: [], rules: [] },
      'with mistakes': { ...desk, typed: { domain: 'x y' }, errors: { domain: 'not_a_domain', per_day: 'not_a_number' } },
    },
    'console/request-desks': {
      two: {
        ...framed,
        desks: [
          { slug: 'choir', name: 'Kammerchor Nord', isOpen: true, href: '/admin/requests/desks/choir' },
          { slug: 'stage', name: 'Stage crew', isOpen: false, href: '/admin/requests/desks/stage' },
        ],
        listHref: '/admin/requests',
        groupsHref: '/admin/groups',
      },
      none: { ...framed, desks: [], listHref: '/admin/requests', groupsHref: '/admin/groups' },
    },
    'console/requests': { two: requests, nobody: { ...requests, requests: [] }, 'no desk': { ...requests, requests: [], desks: [] } },
    'console/requests-decline': {
      one: decline,
      'with mistakes': { ...decline, errors: { message: 'too_long' } },
      nobody: { ...decline, names: [], ids: '' },
    },
  };
}

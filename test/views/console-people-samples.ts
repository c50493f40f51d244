/** Of the console's pages about people. */
import type { ConsoleFrame } from '../../src/console/frame.ts';
import type { AuditEntry, ConsolePages } from '../../src/console/pages.ts';
import { type HeldThing, type PersonDeed, personDeeds, type PersonHead } from '../../src/console/people-data.ts';

type Names = 'console/people' | 'console/person' | `console/person-${'access' | 'invitations' | 'log' | 'deed'}`;
type Cases = { readonly [Name in Names]: Readonly<Record<string, ConsolePages[Name]>> };

const base = '/admin/people/0197-ada';
const head: PersonHead = {
  id: '0197-ada',
  name: 'Ada Park',
  email: 'ada@example.org',
  isDisabled: false,
  hrefs: { overview: base, access: `${base}/access`, invitations: `${base}/invitations`, log: `${base}/log` },
};
const deedHrefs = Object.fromEntries(personDeeds.map((deed) => [deed, `${base}/${deed}`])) as Record<PersonDeed, string>;
const since = new Date('2026-03-02T09:00:00Z');

const choir: HeldThing = {
  name: 'Kammerchor Nord',
  href: '/admin/groups/choir',
  role: 'manager',
  since,
  until: new Date('2027-03-02T09:00:00Z'),
  invitationHref: '/admin/invitations/1',
  inviterName: 'Maya Lind',
  takeHref: '/admin/groups/choir/remove?account=0197-ada',
};

const filter = { find: '', group: '', disabled: '' };

export const peopleSamples = (console: ConsoleFrame, entries: readonly AuditEntry[]): Cases => {
  const list = {
    console,
    filter,
    isNarrowed: false,
    groups: [{ value: 'choir', label: 'Kammerchor Nord' }],
    people: [
      { name: 'Ada Park', email: 'ada@example.org', href: base, since, isVerified: true, isDisabled: false },
      {
        name: '',
        email: 'a-very-long-address-of-somebody@department.example.org',
        href: base,
        since,
        isVerified: false,
        isDisabled: false,
      },
      { name: 'Ben Okafor', email: 'ben@example.org', href: base, since, isVerified: true, isDisabled: true },
    ],
    listHref: '/admin/people',
    inviteHref: '/admin/invitations/new',
    startHref: undefined,
    nextHref: '/admin/people?cursor=x',
  };
  const deed = (name: PersonDeed): ConsolePages['console/person-deed'] => ({
    console,
    action: deedHrefs[name],
    formToken: 'token',
    head,
    deed: name,
    errors: {},
    typed: '',
    toEnd: name === 'revoke' ? { invitations: 12, campaigns: 1, mayStillInviteTo: ['choir', 'stage'] } : undefined,
    dataHref: `${base}/data`,
    backHref: base,
  });
  return {
    'console/people': {
      all: list,
      found: {
        ...list,
        filter: { ...filter, find: 'ada', group: 'choir', disabled: 'no' },
        isNarrowed: true,
        startHref: '/admin/people',
        nextHref: undefined,
      },
      nobody: { ...list, people: [], nextHref: undefined },
      'nobody found': { ...list, people: [], filter: { ...filter, find: 'x' }, isNarrowed: true, nextHref: undefined },
    },
    'console/person': {
      full: {
        console,
        head,
        since,
        language: 'de',
        emails: [
          { email: 'ada@example.org', isPrimary: true, isVerified: true },
          { email: 'ada@example.net', isPrimary: false, isVerified: false },
        ],
        cameBy: { name: '', href: '/admin/invitations/1' },
        groups: [
          choir,
          { ...choir, name: 'Stage crew', role: 'member', until: undefined, invitationHref: undefined, inviterName: undefined },
        ],
        rights: [{ ...choir, name: 'wiki:edit', role: undefined, inviterName: undefined }],
        entitlements: ['sheet-music:read', 'wiki:edit'],
        isMore: true,
        dataHref: `${base}/data`,
        deedHrefs,
      },
      bare: {
        console,
        head: { ...head, isDisabled: true, name: 'ada@example.org' },
        since,
        language: undefined,
        emails: [{ email: 'ada@example.org', isPrimary: true, isVerified: false }],
        cameBy: undefined,
        groups: [],
        rights: [],
        entitlements: [],
        isMore: false,
        dataHref: `${base}/data`,
        deedHrefs,
      },
    },
    'console/person-access': {
      signedIn: {
        console,
        head,
        sessions: [
          { id: 'one', browser: 'Firefox', system: 'Linux', since, seenAt: since },
          { id: 'two', browser: undefined, system: undefined, since, seenAt: since },
        ],
        apps: [{ name: 'Wiki', href: '/admin/apps/wiki', since }],
        end: { action: `${base}/end-session`, formToken: 'token' },
        deedHrefs,
      },
      nowhere: { console, head, sessions: [], apps: [], end: { action: `${base}/end-session`, formToken: 'token' }, deedHrefs },
    },
    'console/person-invitations': {
      inviter: {
        console,
        head,
        bringer: { name: 'Maya Lind', href: '/admin/people/maya' },
        brought: [{ name: 'Ben Okafor', href: '/admin/people/ben', at: since, invitationHref: '/admin/invitations/1' }],
        isMoreBrought: true,
        invitations: [
          {
            id: '1',
            href: '/admin/invitations/1',
            label: 'Altos',
            email: undefined,
            places: [{ name: 'Kammerchor Nord', role: undefined }],
            chip: 'open',
            usedCount: 3,
            maxUses: 40,
            waitingCount: 0,
            expiresAt: since,
            inviterName: 'Ada Park',
          },
        ],
        allHref: '/admin/invitations?inviter=0197-ada',
        deedHrefs,
      },
      alone: {
        console,
        head,
        bringer: undefined,
        brought: [],
        isMoreBrought: false,
        invitations: [],
        allHref: '/admin/invitations',
        deedHrefs,
      },
    },
    'console/person-log': {
      busy: { console, head, toThem: entries, byThem: entries, hrefs: { about: '/admin/audit?subject=1', done: '/admin/audit?actor=1' } },
      nothing: { console, head, toThem: [], byThem: [], hrefs: { about: '/admin/audit?subject=1', done: '/admin/audit?actor=1' } },
    },
    'console/person-deed': {
      ...(Object.fromEntries(personDeeds.map((name) => [name, deed(name)])) as Record<PersonDeed, ConsolePages['console/person-deed']>),
      mistyped: { ...deed('delete'), errors: { email: 'type_again' }, typed: 'ben@example.org' },
    },
  };
};

/** `/admin`: how things stand, what waits for somebody, and what was done of late. For managers, their invitations. */
import type { Context } from 'koa';
import { countEvents } from '../audit/count-store.ts';
import { pageOfEvents } from '../audit/list-store.ts';
import { leadTo } from '../lib/answer.ts';
import { addSeconds } from '../lib/clock.ts';
import type { Database } from '../lib/db.ts';
import { listSigningKeys } from '../oidc/key-store.ts';
import { stateOfKey } from '../oidc/key-state.ts';
import { entriesOf } from './audit.ts';
import { countGivenUp, countOpenInvitations, countWaiting } from './dashboard-store.ts';
import { consoleHref } from './forms.ts';
import { isFresh } from './guide.ts';
import type { DashboardData, Task } from './pages.ts';
import type { ConsoleSite, Visitor } from './site.ts';

const day = 24 * 60 * 60;
const days = 14;
/** Above it, one more or less makes no difference to anybody. */
const most = 10_000;
/** On one day. */
const mostJoins = 2_000;
/** A key that signs longer than this has been forgotten. */
const oldKeyDays = 365;

export async function showDashboard(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  if (!visitor.caller.isAdmin) return leadTo(ctx, consoleHref(site, '/admin/invitations'));
  if (ctx.query['dashboard'] === undefined && (await isFresh(site))) return leadTo(ctx, consoleHref(site, '/admin/guide'));
  const now = site.clock();
  const [invitations, waiting, joins, mails, hasOldKey, recent] = await Promise.all([
    countOpenInvitations(site.database, { now, soon: addSeconds(now, 3 * day) }),
    countWaiting(site.database, { now, limit: most + 1 }),
    countJoins(site.database, now),
    countMails(site.database, now),
    signsWithOldKey(site.database, now),
    pageOfEvents(site.database, { limit: 8, order: 'newest' }),
  ]);
  const data: DashboardData = {
    open: { count: invitations.open, isMore: invitations.isMore },
    joined: joins.weeks,
    mails,
    waiting: {
      count: Math.min(most, waiting.approvals + waiting.requests),
      isMore: waiting.approvals + waiting.requests > most,
      since: waiting.since,
    },
    days: joins.days,
    tasks: tasksOf(site, { ...waiting, endingSoon: invitations.endingSoon, mailsGivenUp: mails.now, hasOldKey }),
    recent: await entriesOf(site, recent),
    inviteHref: consoleHref(site, '/admin/invitations/new'),
    auditHref: consoleHref(site, '/admin/audit'),
    hrefs: {
      open: consoleHref(site, '/admin/invitations'),
      joined: consoleHref(site, '/admin/people'),
      mails: consoleHref(site, '/admin/settings/mail'),
      waiting: consoleHref(site, waiting.approvals > 0 ? '/admin/approvals' : '/admin/requests'),
    },
  };
  visitor.show({ page: 'console/dashboard', data });
}

/** How many joined on each of the last days, by UTC, and in the last seven of them compared with those before. */
async function countJoins(database: Database, now: Date) {
  const today = new Date(now.toISOString().slice(0, 10));
  const spans = Array.from({ length: days }, (_, index) => {
    const from = addSeconds(today, (index - days + 1) * day);
    return { from, until: addSeconds(from, day) };
  });
  const counts = await countEvents(database, { actions: ['invitation.redeemed', 'invitation.approved'], spans, limit: mostJoins + 1 });
  const joins = spans.map(({ from }, index) => {
    const count = counts[index] ?? 0;
    return { day: from, count: Math.min(count, mostJoins), isMore: count > mostJoins };
  });
  const weekOf = (some: typeof joins) => some.reduce((total, { count }) => total + count, 0);
  const [before, week] = [joins.slice(0, -7), joins.slice(-7)];
  return { days: joins, weeks: { now: weekOf(week), before: weekOf(before), isMore: week.some(({ isMore }) => isMore) } };
}

async function countMails(database: Database, now: Date): Promise<DashboardData['mails']> {
  const [thisWeek, lastWeek] = [addSeconds(now, -7 * day), addSeconds(now, -14 * day)];
  const [count, before] = await Promise.all([
    countGivenUp(database, { from: thisWeek, until: addSeconds(now, day), limit: most + 1 }),
    countGivenUp(database, { from: lastWeek, until: thisWeek, limit: most + 1 }),
  ]);
  return { now: Math.min(count, most), before: Math.min(before, most), isMore: count > most };
}

async function signsWithOldKey(database: Database, now: Date): Promise<boolean> {
  const keys = await listSigningKeys(database);
  return keys.some(({ span }) => stateOfKey(span, now) === 'signing' && addSeconds(span.signsFrom, oldKeyDays * day) <= now);
}

type Facts = {
  readonly approvals: number;
  readonly requests: number;
  readonly endingSoon: number;
  readonly mailsGivenUp: number;
  readonly hasOldKey: boolean;
};

/** What needs somebody, the most pressing first. */
function tasksOf(site: ConsoleSite, { approvals, requests, endingSoon, mailsGivenUp, hasOldKey }: Facts): Task[] {
  const all: readonly (Omit<Task, 'href'> & { readonly path: `/admin/${string}` })[] = [
    { kind: 'approvals', count: approvals, path: '/admin/approvals' },
    { kind: 'requests', count: requests, path: '/admin/requests' },
    { kind: 'mailOff', count: site.showsMailbox ? 1 : 0, path: '/admin/settings/mail' },
    { kind: 'mailsGivenUp', count: mailsGivenUp, path: '/admin/settings/mail' },
    { kind: 'endingSoon', count: endingSoon, path: '/admin/invitations' },
    { kind: 'oldKey', count: hasOldKey ? 1 : 0, path: '/admin/settings/keys' },
  ];
  return all.filter(({ count }) => count > 0).map(({ path, ...task }) => ({ ...task, href: consoleHref(site, path) }));
}

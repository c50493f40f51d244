/**
 * When apps hear something: at once by a job that a trigger adds in the transaction where the cause is, whoever causes
 * it; each minute, for what happens by the clock alone, and for what was not told the first time; and now and then for
 * whatever slipped through, such as what a request under way wrote back.
 */
import type { TaskList } from 'graphile-worker';
import { z } from 'zod';
import { addSeconds, type Clock } from '../lib/clock.ts';
import type { AppNews } from './app-news.ts';

type AppTasks = { readonly news: AppNews | undefined; readonly clock: Clock; readonly state: { readonly isStopping: boolean } };

/** Less than the minute after which the next round begins. */
const roundSeconds = 50;

export const appCrontab: readonly string[] = ['* * * * * lapses ?max=3', '*/10 * * * * access ?max=3', '* * * * * logouts ?max=3'];

/** Without news there are none: their jobs are left to the processes that have them. */
export function appTasks({ news, clock, state }: AppTasks): TaskList {
  if (!news) return {};
  const round = () => {
    const until = addSeconds(clock(), roundSeconds);
    return () => state.isStopping || clock() >= until;
  };
  return {
    access: async (payload) => {
      const { accountId } = accessJobSchema.parse(payload);
      await (accountId === undefined ? news.endLostOfAll(round()) : news.endLost(accountId));
    },
    lapses: async () => news.endLapsed(round()),
    logout: async (payload) => news.tell(logoutJobSchema.parse(payload)),
    logouts: async () => news.tellDue(round()),
  };
}

/** Without an account: of everybody. What the schedule adds of its own is ignored. */
const accessJobSchema = z.object({ accountId: z.string().optional() });
const logoutJobSchema = z.object({ clientId: z.string(), sid: z.string() });

type Trigger = { readonly name: string; readonly event: string; readonly when: string; readonly work: string };

/** Losing anything matters only where an app is for one group alone. */
const ifAnyAppIsClosed = (job: string) =>
  `if exists (select from guestlist.client where required_group_id is not null) then ${job}; end if;`;

const triggers = (schema: string): readonly Trigger[] => {
  const ofEverybody = `perform ${schema}.add_job('access', job_key := 'access')`;
  const ofAccount = (id: string) =>
    `perform ${schema}.add_job('access', json_build_object('accountId', ${id}), job_key := left('access ' || ${id}, 500))`;
  return [
    {
      name: 'membership_lost',
      event: 'update of ended_at, ends_at, group_id, account_id on guestlist.membership',
      when: `(old.ended_at, old.ends_at, old.group_id, old.account_id) is distinct from (new.ended_at, new.ends_at, new.group_id, new.account_id)`,
      work: ifAnyAppIsClosed(ofAccount('old.account_id')),
    },
    {
      name: 'group_lost',
      event: 'update of archived_at, parent_id on guestlist."group"',
      when: '(old.archived_at, old.parent_id) is distinct from (new.archived_at, new.parent_id)',
      work: ifAnyAppIsClosed(ofEverybody),
    },
    {
      name: 'client_closed',
      event: 'update of required_group_id on guestlist.client',
      when: 'new.required_group_id is not null and old.required_group_id is distinct from new.required_group_id',
      work: `${ofEverybody};`,
    },
    {
      name: 'account_disabled',
      event: 'update of disabled_at on guestlist.account',
      when: 'old.disabled_at is null and new.disabled_at is not null',
      work: `${ofAccount('new.id')};`,
    },
    {
      name: 'app_logout_queued',
      event: 'insert on guestlist.app_logout',
      when: 'new.claimed_until is null',
      work: `perform ${schema}.add_job('logout', json_build_object('clientId', new.client_id, 'sid', new.sid), job_key := 'logout ' || new.sid);`,
    },
  ];
};

/** In the jobs' schema, which takes the triggers along when it is dropped. Without them, everything waits for the next minute. */
export function appTriggersSql(schema: string): string {
  return triggers(schema)
    .map(
      ({ name, event, when, work }) => `
  create or replace function ${schema}.${name}() returns trigger language plpgsql as $$ begin ${work} return null; end $$;
  do $$ begin
    if not exists (select from pg_trigger where tgrelid = '${event.slice(event.lastIndexOf(' ') + 1)}'::regclass and tgname = '${name}') then
      create trigger ${name} after ${event} for each row when (${when}) execute function ${schema}.${name}();
    end if;
  end $$;`,
    )
    .join('');
}

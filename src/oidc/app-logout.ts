/**
 * Telling apps that a session of theirs has ended (OIDC Back-Channel Logout 1.0): queued in the transaction that ends it,
 * claimed, sent outside of any transaction, marked. At least once: a process that dies between sending and marking sends
 * again. What an app does not take is tried again after growing pauses, for a day. Making and sending the token is
 * oidc-provider's; who has to be told is said by `sessions.ts` and `lost-access.ts`. SQL: `app-logout-store.ts`.
 */
import type Provider from 'oidc-provider';
import { addSeconds, type Clock } from '../lib/clock.ts';
import type { Database } from '../lib/db.ts';
import { claimLogout, type LogoutClaim, markDelivered, markUndelivered, queueLogouts } from './app-logout-store.ts';
import { day, minute } from './lifetimes.ts';
import type { AppSession } from './session-store.ts';

/** Throws if the app has not taken it; it is then tried again, or not if it is a `NobodyToTell`. */
export type SendLogout = (logout: Pick<LogoutClaim, 'clientId' | 'sid' | 'accountId'>) => Promise<void>;

/** As oidc-provider has it; its types do not say so. It needs no request. */
type LogoutClient = {
  readonly clientId: string;
  readonly backchannelLogoutUri?: string | undefined;
  backchannelLogout(accountId: string, sid: string | undefined): Promise<void>;
};

class NobodyToTell extends Error {
  constructor() {
    super('the app does not want to be told any more');
    this.name = 'NobodyToTell';
  }
}

/** Signed with the provider's key of the app's algorithm, to a subject as the app knows it; private networks are refused. */
export function createSendLogout(provider: Provider): SendLogout {
  const { backchannelLogout } = provider.Client.prototype as unknown as LogoutClient;
  return async ({ clientId, accountId, sid }) => {
    const client = (await provider.Client.find(clientId)) as unknown as LogoutClient | undefined;
    if (!client?.backchannelLogoutUri) throw new NobodyToTell();
    await backchannelLogout.call(client, accountId, sid);
  };
}

export type Told = LogoutClaim & {
  readonly outcome: 'delivered' | 'postponed' | 'failed';
  readonly failure?: string;
  /** What `send` threw. */
  readonly error?: unknown;
};

export type LogoutTools = {
  readonly database: Database;
  readonly clock: Clock;
  readonly send: SendLogout;
  readonly onTold: (told: Told) => void;
};

/** Somebody who signs out here waits for one try with each app, as oidc-provider has it; what comes to nothing is tried again. */
export function retryLogouts(provider: Provider, tools: LogoutTools): void {
  const prototype = provider.Client.prototype as unknown as LogoutClient;
  prototype.backchannelLogout = async function tell(this: LogoutClient, accountId: string, sid: string | undefined) {
    if (sid === undefined) return;
    const sessions = [{ clientId: this.clientId, sid }];
    const [claim] = await queueLogouts(tools.database, { accountId, sessions, now: tools.clock(), claim: true });
    const { error } = (claim && (await tellClaimed(tools, claim))) ?? {};
    if (error !== undefined) throw error;
  };
}

/** The one that has been due for longest, or this one. Undefined: it is not due, or with somebody else. */
export async function tellNext(tools: LogoutTools, session?: AppSession): Promise<Told | undefined> {
  const claim = await claimLogout(tools.database, { now: tools.clock(), session });
  return claim && tellClaimed(tools, claim);
}

export async function tellClaimed(tools: LogoutTools, claim: LogoutClaim): Promise<Told> {
  const told = { ...claim, ...(await tryOnce(tools, claim)) };
  tools.onTold(told);
  return told;
}

async function tryOnce({ database, clock, send }: LogoutTools, claim: LogoutClaim): Promise<Pick<Told, 'outcome' | 'failure' | 'error'>> {
  try {
    await send(claim);
  } catch (error) {
    const now = clock();
    const failure = failureOf(error);
    const nextAttemptAt = error instanceof NobodyToTell ? undefined : nextAttempt(claim, now);
    await markUndelivered(database, claim, { now, failure, nextAttemptAt });
    return { outcome: nextAttemptAt ? 'postponed' : 'failed', failure, error };
  }
  await markDelivered(database, claim, clock());
  return { outcome: 'delivered' };
}

const longestPause = 60;

/** After 1, 4, 9 … minutes, an hour at most, and the last time a day after the first. Undefined: that was it. */
function nextAttempt({ attempts, queuedAt }: LogoutClaim, now: Date): Date | undefined {
  const last = addSeconds(queuedAt, day);
  const next = addSeconds(now, Math.min(attempts ** 2, longestPause) * minute);
  return now < last ? new Date(Math.min(next.getTime(), last.getTime())) : undefined;
}

/** A status or a code, never a sentence: an app chooses its words. */
function failureOf(error: unknown): string {
  const { response, cause, name } = (error ?? {}) as { response?: Response; cause?: { code?: unknown; message?: unknown }; name?: unknown };
  if (response) return `http_${response.status}`;
  // As oidc-provider's guard says it.
  if (/special-use IP address/.test(String(cause?.message))) return 'private_address';
  return [cause?.code, name].map(String).find((word) => /^(?!undefined)\w{1,40}$/.test(word)) ?? 'unknown';
}

/** Who is signed in here, and which sign-ins have been started. In memory: see `app.ts`. */
import { randomBytes } from 'node:crypto';
import type { IDToken, UserInfoResponse } from 'openid-client';

export const sessionSeconds = 12 * 60 * 60;
const mostPending = 10;

/** A sign-in on its way through the provider, found again by its `state`. */
export type PendingLogin = {
  readonly nonce: string;
  readonly codeVerifier: string;
  /** An address of this app, already checked. */
  readonly returnTo: string;
};

export type Person = {
  readonly claims: IDToken;
  readonly userInfo: UserInfoResponse;
  readonly idToken: string;
  readonly refreshToken: string | undefined;
};

export type Session = {
  readonly id: string;
  readonly expiresAt: Date;
  /** Several at once, so that two tabs can sign in side by side. */
  readonly pending: Map<string, PendingLogin>;
  person: Person | undefined;
  /** The refresh under way, if any: the second of two clicks must not send a token that has just been replaced. */
  refreshing: Promise<void> | undefined;
};

export type Sessions = ReturnType<typeof createSessions>;

export function createSessions(clock: () => Date, limit = 10_000) {
  // A Map keeps the order of insertion, so its first entry is the oldest.
  const byId = new Map<string, Session>();

  function open(pending: Map<string, PendingLogin>, person?: Person): Session {
    const expiresAt = new Date(clock().getTime() + sessionSeconds * 1000);
    const session: Session = { id: randomBytes(32).toString('base64url'), expiresAt, pending, person, refreshing: undefined };
    byId.set(session.id, session);
    for (const id of byId.keys()) {
      if (byId.size <= limit) break;
      byId.delete(id);
    }
    return session;
  }

  function end(session: Session): void {
    byId.delete(session.id);
  }

  return {
    create: () => open(new Map()),

    find(id: string | undefined): Session | undefined {
      const session = id === undefined ? undefined : byId.get(id);
      if (!session || session.expiresAt > clock()) return session;
      end(session);
      return undefined;
    },

    /** A new id for the signed-in person, so that an id planted before sign-in is worth nothing after it. */
    signIn(session: Session, person: Person): Session {
      end(session);
      return open(session.pending, person);
    },

    end,

    endWhere(matches: (person: Person) => boolean): void {
      for (const session of byId.values()) {
        if (session.person && matches(session.person)) end(session);
      }
    },
  };
}

export function addPending(session: Session, state: string, login: PendingLogin): void {
  session.pending.set(state, login);
  const oldest = session.pending.keys().next().value;
  if (session.pending.size > mostPending && oldest !== undefined) session.pending.delete(oldest);
}

/** Each pending sign-in can be finished once. */
export function takePending(session: Session, state: string): PendingLogin | undefined {
  const login = session.pending.get(state);
  session.pending.delete(state);
  return login;
}

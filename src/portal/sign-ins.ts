/** What somebody is signed in to, as this slice asks the provider for it. Implemented by `oidc/sign-ins.ts`. */
import type { Transaction } from '../lib/db.ts';

export type OwnSession = {
  readonly uid: string;
  /** Undefined: not one that we know. */
  readonly browser: string | undefined;
  readonly system: string | undefined;
  /** The last sign-in with a password. */
  readonly since: Date;
  /** When it last led somebody to an app, or to a page of ours. */
  readonly seenAt: Date;
};

export type AppAccess = {
  readonly clientId: string;
  readonly name: string;
  readonly since: Date;
  readonly scopes: readonly string[];
  readonly claims: readonly string[];
  readonly resources: readonly { readonly resource: string; readonly scopes: readonly string[] }[];
};

/** What is to be told to apps is told after the transaction. */
export type Ended = { tellApps(): Promise<void> };

export type SignIns = {
  /** Of browsers; the one that was seen last comes first. */
  sessions(accountId: string): Promise<OwnSession[]>;
  /** By name. Our own pages are not among them. */
  apps(accountId: string): Promise<AppAccess[]>;
  /** With the consents and tokens under it. Undefined: the account has no such session. */
  endSession(trx: Transaction, which: { readonly accountId: string; readonly uid: string }): Promise<Ended | undefined>;
  /** Consents, tokens, and the app's part of every session. Undefined: the app has nothing of this account. */
  endApp(trx: Transaction, which: { readonly accountId: string; readonly clientId: string }): Promise<Ended | undefined>;
  /** For whoever goes for good; the apps are told by the jobs. */
  endAll(trx: Transaction, accountId: string): Promise<void>;
};

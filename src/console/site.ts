/** What pages of the console get: the server's tools, and whoever asks. */
import type { Context } from 'koa';
import type { Account } from '../account/account.ts';
import type { AccountSite } from '../account/interaction.ts';
import type { Caller, Reach } from '../admin/access.ts';
import type { AdminSite } from '../admin/site.ts';
import type { AnswerRules, PageOf, Show } from '../lib/answer.ts';
import type { SignIns } from '../portal/sign-ins.ts';
import type { OwnFetch } from './own-fetch.ts';
import type { ConsoleData, ConsolePages } from './pages.ts';
import type { ConsoleSession } from './session.ts';

export type ConsoleSite = AccountSite & {
  readonly show: Show<PageOf<ConsolePages>>;
  readonly signIns: SignIns;
  /** For `operate`. */
  readonly admin: AdminSite;
  /** Asks this server itself, in this process: it may not reach its own public address. */
  readonly ownFetch: OwnFetch;
  /** Mail is kept and shown instead of sent. */
  readonly showsMailbox: boolean;
};

/** A page of the console, which is put into its navigation. */
type ConsoleAnswer = { [Name in keyof ConsoleData]: { readonly page: Name; readonly data: ConsoleData[Name] } }[keyof ConsoleData];

export type Visitor = {
  readonly account: Account;
  readonly session: ConsoleSession;
  /** What they are today, see `admin/access.ts`. */
  readonly caller: Caller;
  /** Of the scope that the page was mounted with. */
  readonly reach: Reach;
  show(answer: ConsoleAnswer & AnswerRules): void;
};

export type ConsolePage = (site: ConsoleSite, ctx: Context, visitor: Visitor) => Promise<void>;

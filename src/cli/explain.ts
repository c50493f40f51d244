/** What went wrong, in the words of the command line: a sentence for each refusal, an option's name for each mistake. */
import { ApiError } from '../admin/http-client.ts';
import { Failure } from '../errors.ts';
import { isOutage, sqlStateOf } from '../lib/db.ts';
import { EmbeddedUnavailableError } from '../lib/embedded-binaries.ts';
import { EmbeddedBusyError } from '../lib/embedded-postgres.ts';
import { WrongSecret } from '../oidc/keys.ts';
import { ConfigError } from '../server/config.ts';
import { PortBusy } from '../server/listen.ts';
import { clientComplaint, complaintAbout } from './complaint.ts';
import { notThere, sentenceOf } from './sentences.ts';
import { visible } from './visible.ts';

/** What was asked for cannot be, and only what is stored shows it. Ends the command with 2. */
export class Mistake extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Mistake';
  }
}

export type Explanation = { readonly text: string; readonly exitCode: 1 | 2 };

/** What is known has a sentence; what is not is shown whole, for whoever has to find out. */
export function explain(error: unknown): Explanation {
  const complaint = mistakeOf(error);
  if (complaint !== undefined) return { text: visible(`error: ${complaint}`), exitCode: 2 };
  if (error instanceof ConfigError) return { text: error.message, exitCode: 2 };
  const trouble = troubleOf(error);
  if (trouble !== undefined) return { text: visible(trouble), exitCode: 1 };
  const known = [EmbeddedBusyError, EmbeddedUnavailableError, PortBusy, WrongSecret].some((kind) => error instanceof kind);
  if (known) return { text: (error as Error).message, exitCode: 1 };
  if (isDatabaseTrouble(error)) return { text: `The database cannot be used: ${error.message || sqlStateOf(error)}`, exitCode: 1 };
  return { text: error instanceof Error ? (error.stack ?? error.message) : String(error), exitCode: 1 };
}

/** Undefined: it is none of the call. */
function mistakeOf(error: unknown): string | undefined {
  if (error instanceof Failure) return mistakeIn(error);
  if (error instanceof Mistake) return error.message;
  return error instanceof TypeError ? complaintOf(error.message) : undefined;
}

function mistakeIn({ code, detail }: Failure): string | undefined {
  if (code === 'client_invalid') return clientComplaint(String(detail['complaint']));
  const field = String(detail['field'] ?? '');
  return code === 'wish_invalid' && !notThere(field) ? complaintAbout(field, String(detail['problem'])) : undefined;
}

/** Undefined: neither a refusal, nor between us and the server. */
function troubleOf(error: unknown): string | undefined {
  if (error instanceof Failure) return sentenceOf(error);
  if (error instanceof ApiError) return refusalOf(error);
  return unreachable(error);
}

/** With a code that only a newer server has; or no such server. */
function refusalOf({ status, code, problem, requestId }: ApiError): string {
  if (problem['code'] === undefined) return `What answers at GUESTLIST_URL is not the admin API, or cannot reach it (${status}).`;
  const title = typeof problem['title'] === 'string' ? `, ${problem['title']}` : '';
  return `The server refuses it: ${code} (${status}${title})${requestId ? `, request ${requestId}` : ''}`;
}

/** As `fetch` says that nobody answered. */
function unreachable(error: unknown): string | undefined {
  if (!(error instanceof TypeError) || error.message !== 'fetch failed') return undefined;
  const cause = error.cause instanceof Error ? error.cause : undefined;
  return `The server that GUESTLIST_URL names cannot be reached: ${cause?.message || sqlStateOf(cause) || 'there is no answer'}`;
}

/** Away, or not letting us in: for the operator to mend. A file that is missing looks alike, but has a path. */
function isDatabaseTrouble(error: unknown): error is Error {
  if (!(error instanceof Error) || 'path' in error) return false;
  return isOutage(error) || /^(28...|3D000|42501|ENOTFOUND|EAI_AGAIN|EACCES)$/.test(sqlStateOf(error) ?? '');
}

/** How `checkArguments`, and who calls it, complain: the call, the option, what is wrong with it. */
const complaintPattern =
  /^(?:invite|change|resend|addGroup|changeGroup|setPolicy|addRight|addTemplate|removeTemplate|openRequests|grant|withdraw): (the argument|[\w.]+) (?<what>.*)$/s;

/** Undefined: it is no mistake in the call, but one of ours. */
function complaintOf(message: string): string | undefined {
  const ofCampaign = message.match(/^(?:campaign|nameCard): (?:the argument )?(.*)$/s)?.[1];
  if (ofCampaign !== undefined) return ofCampaign;
  const [, field = '', problem = ''] = message.match(complaintPattern) ?? [];
  return field === '' ? undefined : complaintAbout(field, problem);
}

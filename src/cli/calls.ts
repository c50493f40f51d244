/**
 * Calling the admin API from a command: of the server that `GUESTLIST_URL` names, with a token; without it by ourselves, on
 * the database, as the operator (`local-calls.ts`). Both ways it is the same operation, with the same rules and the same answer.
 */
import { accountWith } from '../account/manage.ts';
import { ApiError, type Client, createClient } from '../admin/http-client.ts';
import { type Complaint, errors, Failure, type FailureCode } from '../errors.ts';
import { emailKey, emailSchema } from '../lib/email.ts';
import { type CommandContext, withDatabase } from './command.ts';
import { Mistake } from './explain.ts';
import { createTokenSource, remoteSettings } from './remote.ts';

export type Calls = {
  readonly api: Client;
  /** By any of its addresses. Throws `account_not_found`. */
  accountIdOf(email: string): Promise<string>;
  /** Undefined: the server is another one's. */
  readonly local: CommandContext | undefined;
};

/** `as`: the address of the account that does it; without it the operator, or whoever has the token. */
export async function withCalls<Result>(work: (calls: Calls) => Promise<Result>, as?: string): Promise<Result> {
  const remote = remoteSettings(process.env);
  if (remote) {
    if (as !== undefined) throw new Mistake("option '--as' is for a command on the database; with GUESTLIST_URL, the token says who it is");
    const api = inOurWords(createClient({ url: remote.url, token: createTokenSource(remote) }));
    return work({ api, local: undefined, accountIdOf: (email) => findAccountId(api, email) });
  }
  return withDatabase(async (context) => {
    // The whole server: nobody waits for it who calls another one.
    const { createLocalClient } = await import('./local-calls.ts');
    const api = await createLocalClient(context, as);
    return work({ api, local: context, accountIdOf: async (email) => (await accountWith(context.database, email)).id });
  });
}

/** What the server refuses is told like what we refuse ourselves. */
function inOurWords(client: Client): Client {
  const translated = Object.entries(client).map(([id, call]) => [
    id,
    async (input: never) => {
      try {
        return await (call as (input: never) => Promise<unknown>)(input);
      } catch (error) {
        throw error instanceof ApiError ? failureOf(error) : error;
      }
    },
  ]);
  return Object.fromEntries(translated) as never;
}

function failureOf(error: ApiError): Error {
  const { code, problem, retryAfterSeconds, requestId } = error;
  // Not in the words of our API: another server, or something on the way there.
  if (!(code in errors) || problem['code'] === undefined) return error;
  const said = Object.entries(problem).filter((entry): entry is [string, string | number] =>
    ['string', 'number'].includes(typeof entry[1]),
  );
  const detail = { ...Object.fromEntries(said), ...(requestId === undefined ? {} : { requestId }) };
  const complaints = Array.isArray(problem['errors']) ? (problem['errors'] as Complaint[]) : [];
  return new Failure(code as FailureCode, detail, retryAfterSeconds ?? { complaints });
}

/** The list has whatever begins like it as well, after it. */
async function findAccountId(api: Client, email: string): Promise<string> {
  const parsed = emailSchema.safeParse(email);
  const key = parsed.success ? emailKey(parsed.data) : undefined;
  const { items } = key === undefined ? { items: [] } : await api.listAccounts({ query: { email: key, limit: 1 } });
  const found = items.find((account) => [account, ...account.otherEmails].some((one) => emailKey(one.email) === key));
  if (!found) throw new Failure('account_not_found', { email });
  return found.id;
}

/** As many as were asked for, of a list that comes in pages: `firstOf(each((query) => api.listAccounts({ query })), 100)`. */
export async function firstOf<Item>(items: AsyncIterable<Item>, count: number): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) if (found.push(item) >= count) break;
  return found;
}

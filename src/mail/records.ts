/**
 * What a domain publishes so that mail in its name arrives: who may send it (SPF, RFC 7208), who signs it (DKIM, RFC 6376),
 * what becomes of the rest (DMARC, RFC 7489). Owns the texts to publish and whether they are there. Signing itself is the
 * mail server's business, so that its key is known to it alone.
 */
import { Resolver } from 'node:dns/promises';

export type RecordKind = 'spf' | 'dkim' | 'dmarc';

/** `unknown`: nobody answered in time. */
export type RecordState = 'there' | 'missing' | 'other' | 'unknown';

export type MailRecord = {
  readonly kind: RecordKind;
  /** Where it belongs. */
  readonly name: string;
  /** To be published; undefined: the mail server knows it. */
  readonly wanted: string | undefined;
  readonly state: RecordState;
  readonly found: readonly string[];
};

export type Sending = {
  /** The address that mail comes from. */
  readonly from: string;
  /** The mail server; undefined: not known. */
  readonly host: string | undefined;
  /** Of its DKIM key. */
  readonly selector: string;
};

/** All texts of a name; throws as `node:dns` does. */
export type LookUp = (name: string) => Promise<readonly string[]>;

const patienceMs = 2_000;

/** By the servers of this machine, each asked once. */
export function createLookUp(): LookUp {
  return async (name) => {
    const resolver = new Resolver({ timeout: patienceMs, tries: 1 });
    const timer = setTimeout(() => resolver.cancel(), patienceMs + 500);
    try {
      return (await resolver.resolveTxt(name)).map((parts) => parts.join(''));
    } finally {
      clearTimeout(timer);
    }
  };
}

/** The address alone, of `Choir <choir@example.org>` as well. */
export function domainOf(from: string): string {
  return (
    from
      .replace(/^.*<|>.*$/g, '')
      .split('@')
      .at(-1)
      ?.trim()
      .toLowerCase() ?? ''
  );
}

type Wanted = Pick<MailRecord, 'kind' | 'name' | 'wanted'> & { readonly isIt: (text: string) => boolean };

function wantedFor({ from, host, selector }: Sending): Wanted[] {
  const domain = domainOf(from);
  const isOwn = host === undefined || ['localhost', '127.0.0.1', '[::1]'].includes(host);
  return [
    {
      kind: 'spf',
      name: domain,
      wanted: `v=spf1 ${isOwn ? 'mx a' : `mx a:${host}`} ~all`,
      isIt: (text) => /^v=spf1( |$)/i.test(text),
    },
    { kind: 'dkim', name: `${selector}._domainkey.${domain}`, wanted: undefined, isIt: (text) => /(^|;)\s*p=[A-Za-z0-9+/]/.test(text) },
    {
      kind: 'dmarc',
      name: `_dmarc.${domain}`,
      wanted: `v=DMARC1; p=quarantine; rua=mailto:postmaster@${domain}`,
      isIt: (text) => /^v=DMARC1\s*;/i.test(text),
    },
  ];
}

/** What to publish, without asking whether it is there. */
export function recordsFor(sending: Sending): Pick<MailRecord, 'kind' | 'name' | 'wanted'>[] {
  return wantedFor(sending).map(({ kind, name, wanted }) => ({ kind, name, wanted }));
}

export async function checkRecords(sending: Sending, lookUp: LookUp): Promise<MailRecord[]> {
  return Promise.all(
    wantedFor(sending).map(async ({ isIt, ...record }) => {
      const texts = await lookUp(record.name).catch((error: unknown) => (isAbsence(error) ? [] : undefined));
      const found = (texts ?? []).filter(isIt);
      return { ...record, found: found.map((text) => text.slice(0, 500)), state: stateOf(texts, found) };
    }),
  );
}

/** Two SPF records are as good as none (RFC 7208 §4.5). */
function stateOf(texts: readonly string[] | undefined, found: readonly string[]): RecordState {
  if (texts === undefined) return 'unknown';
  if (found.length === 0) return 'missing';
  return found.length > 1 ? 'other' : 'there';
}

function isAbsence(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['ENODATA', 'ENOTFOUND'].includes(String(error.code));
}

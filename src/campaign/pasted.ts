/** From addresses as people paste them, in lines or with commas or semicolons between them, to rows. */
import type { ReadRow } from './csv.ts';
import { longestRow } from './lines.ts';

/** `Ada Park <ada@example.org>, "Okafor, Ben" <ben@example.org>; eve@example.org`. A name and its address are one entry. */
export function* pastedRows(text: string): Generator<ReadRow> {
  let position = 0;
  for (const entry of entriesOf(text)) {
    if (entry.trim() === '') continue;
    position += 1;
    if (entry.length > longestRow) yield { position, problem: 'row_too_long' };
    else yield { position, ...mailboxOf(entry), key: undefined };
  }
}

/** Line ends always divide; commas and semicolons not within quotes that close on the same line. */
function* entriesOf(text: string): Generator<string> {
  for (const [line] of text.matchAll(/[^\r\n]+/g)) {
    let start = 0;
    for (const { 0: token, index } of line.matchAll(/"[^"]*"|[,;]/g)) {
      if (token !== ',' && token !== ';') continue;
      yield line.slice(start, index);
      start = index + 1;
    }
    yield line.slice(start);
  }
}

/** RFC 5322 §3.4, `name-addr`; without angle brackets all of it is the address. */
export function mailboxOf(text: string): { readonly email: string; readonly name: string | undefined } {
  const plain = text.trim();
  const open = plain.endsWith('>') ? plain.lastIndexOf('<') : -1;
  if (open < 0) return { email: plain, name: undefined };
  const name = plain
    .slice(0, open)
    .trim()
    .replace(/^"(.*)"$/s, '$1')
    .trim();
  return { email: plain.slice(open + 1, -1).trim(), name: name || undefined };
}

/** Where somebody found a link, as its address says: `/invite/TOKEN?from=poster`. Plain words, a few, and never believed. */

/** By the names below. */
export type Arrival = Readonly<Record<string, string>>;

const names = ['from', 'source', 'utm_source', 'utm_medium', 'utm_campaign', 'utm_content', 'utm_term'];

/** Letters and digits of any script, and little else: it is shown in lists and written into files. */
const word = /^[\p{L}\p{N}][\p{L}\p{N} ._~-]{0,63}$/u;

/** Whatever else the address says is dropped. Undefined: it says nothing. */
export function arrivalOf(query: Readonly<Record<string, unknown>>): Arrival | undefined {
  const found = names.flatMap((name) => {
    const value = query[name];
    return typeof value === 'string' && word.test(value) ? [[name, value] as const] : [];
  });
  return found.length > 0 ? Object.fromEntries(found) : undefined;
}

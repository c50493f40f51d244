/** Several lines of plain text, as people write them: one way of tidying them, and one answer to what they may hold. */

/** NFC, line breaks as LF, nothing around it. */
export function tidyText(text: string): string {
  return text.normalize('NFC').replace(/\r\n?/g, '\n').trim();
}

/** No control characters but line breaks, and none that turn the direction of what follows. */
export function isPlainText(text: string): boolean {
  return text.isWellFormed() && !/(?!\n)[\p{Cc}\p{Cs}\u2028\u2029\u202A-\u202E\u2066-\u2069]/u.test(text);
}

/**
 * PostgreSQL keeps neither NUL nor half of a surrogate pair. In JSON that we wrote, those two are always escapes; an escape
 * is one that an even number of backslashes precedes.
 */
const unstorable = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

export function isStorableJson(json: string): boolean {
  return !unstorable.test(json);
}

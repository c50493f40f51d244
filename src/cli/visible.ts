/** Text from elsewhere on somebody's terminal. */
const longest = 400;

/** What somebody typed, told back: it moves no cursor, turns no text around, and fills no screen. */
export function visible(text: string): string {
  const shown = text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
  return shown.length > longest ? `${shown.slice(0, longest / 2)} … ${shown.slice(-longest / 2)}` : shown;
}

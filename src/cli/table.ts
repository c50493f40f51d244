/** Answers of any shape, for people: lists as tables, one thing as names and values. What is too long for a line is in the JSON. */
import { visible } from './visible.ts';

type Item = Readonly<Record<string, unknown>>;

const longestCell = 60;
const gap = '  ';

/** `width`: of the terminal. Where a table does not fit, each thing is told in lines of its own. */
export function tableOf(items: readonly Item[], width = Number.POSITIVE_INFINITY): string[] {
  const all = new Set(['id', ...items.flatMap((item) => Object.keys(item))]);
  const names = [...all].filter((name) => items.some((item) => textOf(item[name]) !== ''));
  const rows = [names, ...items.map((item) => names.map((name) => shortened(textOf(item[name]))))];
  const widths = names.map((_, column) => Math.max(...rows.map((row) => lengthOf(row[column] ?? ''))));
  const fits = widths.reduce((sum, wide) => sum + wide + gap.length, 0) <= width + gap.length;
  if (!fits) return items.flatMap((item, index) => [...(index === 0 ? [] : ['']), ...factsOf(item)]);
  return rows.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - lengthOf(cell)))
      .join(gap)
      .trimEnd(),
  );
}

/** What there is not is left out. */
export function factsOf(thing: Item): string[] {
  const facts = Object.entries(thing).flatMap(([name, value]): [string, string][] => (textOf(value) === '' ? [] : [[name, textOf(value)]]));
  const wide = Math.max(0, ...facts.map(([name]) => name.length));
  return facts.map(([name, text]) => `${name.padEnd(wide)}${gap}${text}`);
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value) && value.every((one) => typeof one !== 'object')) return visible(value.join(' '));
  if (typeof value !== 'object') return visible(String(value));
  return Object.keys(value).length === 0 ? '' : visible(JSON.stringify(value));
}

function shortened(text: string): string {
  const letters = [...text];
  return letters.length > longestCell ? `${letters.slice(0, longestCell - 1).join('')}…` : text;
}

function lengthOf(text: string): number {
  return [...text].length;
}

/** The bar of long work: for whoever looks at a terminal, and nobody else. */
import { expect, it } from 'vitest';
import { barOf, progressOf } from '../../src/cli/progress.ts';

it('a bar says how much is done; without an end it only counts', () => {
  expect(barOf(0, 200)).toBe('[..............................] 0 %  0 of 200');
  expect(barOf(100, 200)).toBe('[###############...............] 50 %  100 of 200');
  expect(barOf(250, 200)).toBe('[##############################] 100 %  250 of 200');
  expect([barOf(7, undefined), barOf(7, 0)]).toEqual(['7', '7']);
});

it('it is drawn on a terminal alone, and never beside JSON', () => {
  const { stderr } = process;
  const [write, isTerminal] = [stderr.write, stderr.isTTY];
  const written: string[] = [];
  stderr.write = ((text: string) => written.push(text) > 0) as typeof stderr.write;
  try {
    for (const [isTTY, json] of [
      [false, false],
      [true, true],
      [true, false],
    ] as const) {
      stderr.isTTY = isTTY;
      const progress = progressOf('rows', { json });
      progress.show(2, 2);
      progress.end();
    }
  } finally {
    stderr.write = write;
    stderr.isTTY = isTerminal;
  }
  expect(written).toEqual(['\r\u001b[K[##############################] 100 %  2 of 2 rows', '\r\u001b[K']);
});

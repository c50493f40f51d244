import { expect, test } from 'vitest';
import { factsOf, tableOf } from '../../src/cli/table.ts';

const rows = [
  { slug: 'choir', id: '1', rights: ['a', 'b'], parent: null, limits: {}, note: 'x'.repeat(80) },
  { slug: 'ï', id: '2', rights: [], parent: null, limits: { most: 3 }, note: 'red\u001B[31m' },
];

test('a table has the id first, columns under each other, and none that is empty', () => {
  expect(tableOf(rows)).toEqual([
    `id  slug   rights  limits      note`,
    `1   choir  a b                 ${'x'.repeat(59)}…`,
    `2   ï              {"most":3}  red\\u{1b}[31m`,
  ]);
});

test('where a table is too wide for the terminal, each thing is told by name and value', () => {
  expect(tableOf(rows, 40)).toEqual([
    'slug    choir',
    'id      1',
    'rights  a b',
    `note    ${'x'.repeat(80)}`,
    '',
    'slug    ï',
    'id      2',
    'limits  {"most":3}',
    'note    red\\u{1b}[31m',
  ]);
  expect(tableOf([{ id: '12', a: '3' }], 5)).toHaveLength(2);
});

test('one thing is told without what there is not', () => {
  expect(factsOf({ id: '1', endsAt: null, name: 'Choir' })).toEqual(['id    1', 'name  Choir']);
});

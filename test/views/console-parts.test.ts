/** What the pages of the console are made of. */
import { describe, expect, it, test } from 'vitest';
import { gallery } from './gallery.ts';
import { attribute, type Element, elementsOf, faultsOf, skeleton, textOf } from './markup.ts';

const errors = { label: 'too_long', max: 'other' };

const withClass = (html: string, name: string): Element[] =>
  elementsOf(html).filter((element) => attribute(element, 'class')?.split(' ').includes(name));

describe.each(['en', 'de'])('in %s', (locale) => {
  it.each([
    ['as they are', {}],
    ['with mistakes', errors],
  ])('every part is sound, %s', (_, mistakes) => {
    expect(faultsOf(gallery({ locale, errors: mistakes }), { locale, dir: 'ltr' })).toEqual([]);
  });
});

test.each(['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "' onfocus='x", '</title></svg></table>'])(
  'what others have written changes no part: %s',
  (text) => {
    expect(skeleton(gallery({ text }))).toEqual(skeleton(gallery({ text: 'harmless' })));
  },
);

describe('a table', () => {
  it('names each cell’s column for when there are no columns', () => {
    const html = gallery();
    const cells = elementsOf(html).filter(({ tagName, attrs }) => tagName === 'td' && attrs.some(({ name }) => name === 'data-label'));
    expect(cells.slice(0, 3).map((cell) => attribute(cell, 'data-label'))).toEqual(['State', 'Places', 'Ends']);
  });

  it('has a box for each row that says what it chooses', () => {
    const boxes = elementsOf(gallery()).filter((element) => attribute(element, 'name')?.startsWith('pick:') && attribute(element, 'id'));
    expect(boxes.map((box) => attribute(box, 'name'))).toEqual(['pick:1', 'pick:2']);
    const labels = elementsOf(gallery()).filter((element) => attribute(element, 'for') === 'pick-2');
    expect(labels.map(textOf)).toEqual(['Choose \u2068ben@example.org\u2069']);
  });
});

test('a state is a word and a sign, not a colour alone', () => {
  for (const chip of withClass(gallery(), 'state')) {
    expect(textOf(chip).trim()).not.toBe('');
    expect(chip.childNodes.some(({ nodeName }) => nodeName === 'svg')).toBe(true);
  }
});

test('a chart says the same in numbers', () => {
  const [chart] = withClass(gallery(), 'chart');
  if (!chart) throw new Error('no chart');
  expect(textOf(chart)).toMatch(/1 Nov3\s*2 Nov5\s*3 Nov0\s*4 Nov12\s*5 Nov9/);
});

test('what was done is said by a code that we have words for', () => {
  const note = elementsOf(gallery()).find((element) => attribute(element, 'role') === 'status');
  expect(note && textOf(note).trim()).toBe('2 were revoked.');
});

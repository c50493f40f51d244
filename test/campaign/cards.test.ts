/** Cards: made all at once, shown once, printed on a page that loads nothing and runs nothing. */
import { correction, generate } from 'lean-qr';
import { toSvgPath } from 'lean-qr/extras/svg';
import { expect, test, vi } from 'vitest';
import { parseToken } from '../../src/invitation/token.ts';
import { sha256 } from '../../src/lib/digest.ts';
import { everyRow, spellings } from '../mail/making.ts';
import { asAccount, visitTo } from '../plugin/making.ts';
import { count } from '../support/invariants.ts';
import { attribute, elementsOf, faultsOf, textOf } from '../views/markup.ts';
import { campaignSetting, mailed } from './setting.ts';

vi.setConfig({ testTimeout: 60_000 });

const setting = campaignSetting();
const cards = (size: number, pin?: true) => mailed({ cards: size }, { wish: { groups: ['choir'], ...(pin && { pin }) } });

test('each card has a link, a code and a PIN of its own, is for one person, and is shown once', async () => {
  const { campaigns } = setting.guestlist;
  const { id } = await campaigns.create(cards(12, true));
  const { cards: made, ...ran } = await campaigns.run(id);
  expect(ran).toMatchObject({ state: 'done', made: 12 });
  expect(made.map(({ position, places }) => [position, places])).toEqual(
    Array.from({ length: 12 }, (_, index) => [index + 1, ['Kammerchor Nord']]),
  );
  for (const part of ['url', 'code', 'invitationId'] as const) expect(new Set(made.map((card) => card[part])).size).toBe(12);
  for (const { url, code, pin } of made) {
    expect(parseToken(code)).toBe(url.split('/').at(-1));
    expect(pin).toMatch(/^\d{6}$/);
  }
  expect((await campaigns.run(id)).cards).toEqual([]);
  expect((await setting.guestlist.find(made[0]?.invitationId ?? ''))?.hasPin).toBe(true);
});

test('nothing of their links, codes and PINs is in the database', async () => {
  const { id } = await setting.guestlist.campaigns.create(cards(3, true));
  const { cards: made } = await setting.guestlist.campaigns.run(id);
  const text = await everyRow(setting.own.database);
  for (const { url, code } of made)
    for (const secret of [url.split('/').at(-1) ?? '', code, code.replaceAll('-', '')])
      for (const spelling of spellings(secret)) expect(text).not.toContain(spelling);
  // Six digits stand in instants and digests by chance: only columns that could hold one are looked at.
  const { rows } = await setting.own.database.raw(`select c.wish::text as text from guestlist.campaign c
    union all select coalesce(row_key, '') || coalesce(name, '') from guestlist.campaign_row
    union all select label || message from guestlist.invitation union all select detail::text from guestlist.audit_event`);
  for (const { pin = '' } of made) expect(rows.map((row: { text: string }) => row.text).join(' ')).not.toMatch(new RegExp(`\\b${pin}\\b`));
});

test('what is kept is kept before a card is good: if it cannot be, none is made', async () => {
  const { id } = await setting.guestlist.campaigns.create(cards(5));
  const keep = async () => {
    throw new Error('the disk is full');
  };
  await expect(setting.guestlist.campaigns.run(id, { keep })).rejects.toThrow('the disk is full');
  expect(await count(setting.own.database, 'invitation')).toBe(0);
  expect(await setting.guestlist.campaigns.find(id)).toMatchObject({ waiting: 5, made: 0 });
  const kept: number[] = [];
  await setting.guestlist.campaigns.run(id, { keep: async (all) => void kept.push(all.length) });
  expect(kept).toEqual([5]);
});

test('two who print at once: each card is made by one of them', async () => {
  const { id } = await setting.guestlist.campaigns.create(cards(20));
  const [one, other] = await Promise.all([setting.guestlist.campaigns.run(id), setting.make().campaigns.run(id)]);
  expect([one?.cards.length, other?.cards.length].sort()).toEqual([0, 20]);
  expect(await count(setting.own.database, 'invitation')).toBe(20);
});

test('a card that was given to somebody is theirs in the report, and to the inviter', async () => {
  const { campaigns } = setting.guestlist;
  const { id } = await campaigns.create(cards(2));
  await campaigns.nameCard(id, 1, 'Ada Park');
  const { cards: made } = await campaigns.run(id);
  expect(made[0]).toMatchObject({ name: 'Ada Park' });
  await campaigns.nameCard(id, 2, 'Ben Okafor');
  const token = made[1]?.url.split('/').at(-1) ?? '';
  await setting.guestlist.redeem(await visitTo(setting.own.database, token), asAccount('ben'));
  expect(await campaigns.rows(id)).toMatchObject([
    { name: 'Ada Park', state: 'made' },
    { name: 'Ben Okafor', state: 'joined' },
  ]);
  expect((await setting.guestlist.find(made[1]?.invitationId ?? ''))?.label).toBe('Ben Okafor');
  await campaigns.nameCard(id, 1, '');
  expect((await campaigns.rows(id))[0]?.name).toBeUndefined();
  expect((await setting.guestlist.find(made[0]?.invitationId ?? ''))?.label).toBe('Spring 1');
  await expect(campaigns.nameCard(id, 3, 'Eve')).rejects.toMatchObject({ code: 'campaign_row_not_found' });
  await expect(campaigns.nameCard(id, 1, 'a\nb')).rejects.toThrow(TypeError);
});

test('the sheet has a card for each: code, PIN, group, end, and a QR code of the link with its quiet zone', async () => {
  const { campaigns } = setting.guestlist;
  const { id } = await campaigns.create(cards(2, true));
  await campaigns.nameCard(id, 1, '<b>Ada</b>');
  const { cards: made } = await campaigns.run(id);
  for (const [locale, dir] of [
    ['en', 'ltr'],
    ['ar', 'rtl'],
  ] as const) {
    const html = campaigns.sheet(made, { locale });
    expect(faultsOf(html, { locale, dir })).toEqual([]);
    const items = elementsOf(html).filter(({ tagName }) => tagName === 'li');
    expect(items.length).toBe(2);
    for (const [index, item] of items.entries()) {
      const { url = '', code = '', pin = '' } = made[index] ?? {};
      for (const told of [code, pin, 'Kammerchor Nord']) expect(textOf(item)).toContain(told);
      const inside = elementsOf(html).filter((element) => attribute(element, 'aria-label') === url);
      expect(inside.length).toBe(1);
      const symbol = generate(url, { minCorrectionLevel: correction.M });
      expect(html).toContain(`viewBox="-4 -4 ${symbol.size + 8} ${symbol.size + 8}"`);
      expect(html).toContain(toSvgPath(symbol));
    }
    expect(html).toContain('&lt;b&gt;Ada');
  }
});

test('the sheet as a file has everything in itself, lets nothing else in, and has no script', async () => {
  const { campaigns } = setting.guestlist;
  const { id } = await campaigns.create(cards(1));
  const html = campaigns.sheet((await campaigns.run(id)).cards, { standalone: true });
  const elements = elementsOf(html);
  expect(elements.filter(({ tagName }) => ['script', 'link', 'img', 'iframe', 'form'].includes(tagName))).toEqual([]);
  const [style] = elements.filter(({ tagName }) => tagName === 'style');
  const policy = elements.map((element) => attribute(element, 'content') ?? '').find((content) => content.includes('default-src'));
  expect(policy).toBe(
    `default-src 'none'; style-src 'sha256-${sha256(style ? textOf(style) : '').toString('base64')}'; base-uri 'none'; form-action 'none'`,
  );
  expect(elements.some((element) => element.attrs.some(({ name }) => name === 'style' || name.startsWith('on')))).toBe(false);
  expect(html).toMatch(/@media print/);
});

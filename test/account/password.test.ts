import argon2 from 'argon2';
import { beforeAll, describe, expect, it } from 'vitest';
import { createPasswords, minPasswordLength, type Passwords, weaknessOf } from '../../src/account/password.ts';

const context = ['Ada Park', 'ada.park@example.org', 'guestlist'];
/** 15 characters. */
const shortest = 'vk7 qm3 zt9 lp1';
const emoji = ['🎻', '🚲', '🌵', '🧦', '🍋', '🪐', '🦔', '🧭', '🫖', '🪁', '🐙', '🧵', '🥁', '🗿', '🛶'];

describe('the strength of a password', () => {
  it('asks for 15 characters', async () => {
    expect(minPasswordLength).toBe(15);
    expect(await weaknessOf(shortest, context)).toBeUndefined();
    expect(await weaknessOf(shortest.slice(0, 14), context)).toBe('too_short');
  });

  it('counts what people count: an emoji is one character', async () => {
    expect(await weaknessOf(emoji.join(''), context)).toBeUndefined();
    expect(await weaknessOf(emoji.slice(0, 14).join(''), context)).toBe('too_short');
  });

  it('counts composed letters, however they were typed', async () => {
    const decomposed = 'wüßte gähnend'.normalize('NFD');
    expect([...decomposed].length).toBe(minPasswordLength);
    expect(await weaknessOf(decomposed, context)).toBe('too_short');
  });

  it('takes 256 characters and no more', async () => {
    const long = 'violet kettle marches home '.repeat(10).slice(0, 256);
    expect(await weaknessOf(long, context)).toBeUndefined();
    expect(await weaknessOf(`${long}x`, context)).toBe('too_long');
    const shown = emoji.join('').repeat(18);
    expect(await weaknessOf([...shown].slice(0, 257).join(''), context)).toBe('too_long');
  });

  it.each([
    'violet kettle marches home',
    'drei müde Hähne krähen',
    'пять усталых сов летят',
    '五匹の疲れた梟が静かに飛んでいる夜',
    'dQ7#fz!2Lw9$xK4@',
  ])('is content with %s', async (password) => {
    expect(await weaknessOf(password, context)).toBeUndefined();
  });

  it.each(['Ada Park Ada Park', 'Guestlist2024!!!', 'ada.park@example.org 1', 'park-ada-guestlist-99'])(
    'refuses %s: without what everybody knows of the person too little is left',
    async (password) => {
      expect(await weaknessOf(password, context)).toBe('easily_guessed');
    },
  );

  it.each([
    'passwordpassword',
    'password password password',
    'P@ssw0rdP@ssw0rd!',
    'iloveyouiloveyou',
    'letmeinletmein1',
    'trustno1trustno1',
    'qwertyuiopasdfghjkl',
    'abcdefghijklmnop',
    '1234567890123456',
    'aaaaaaaaaaaaaaaa',
    '               ',
    'abcdeabcdeabcde',
  ])('knows that everybody tries %s', async (password) => {
    expect(await weaknessOf(password, context)).toBe('easily_guessed');
  });

  it.each(['ada.park@example.org', 'adaparkadapark1', 'guestlistguestlist'])(
    'knows that %s is easy for who knows the person',
    async (password) => {
      expect(await weaknessOf(password, context)).toBe('easily_guessed');
    },
  );

  it('minds the words only of this person', async () => {
    const name = 'Thorwaldine Quaxberg';
    expect(await weaknessOf(name, [])).toBeUndefined();
    expect(await weaknessOf(name, [name])).toBe('easily_guessed');
  });

  it.each([
    ['a lone surrogate', `${shortest}\uD800`],
    ['an end of string', `${shortest}\0`],
    ['a line break', `${shortest}\n`],
    ['a bell', `\u0007${shortest}`],
  ])('does not take %s', async (_what, password) => {
    expect(await weaknessOf(password, context)).toBe('bad_characters');
  });
});

describe('hashes', () => {
  const pepper = Buffer.from('thirty-two bytes of good pepper!');
  let passwords: Passwords;

  beforeAll(async () => {
    passwords = await createPasswords({ pepper });
  });

  it('know their password and no other', async () => {
    const hash = await passwords.hash(shortest);
    expect(await passwords.verify(hash, shortest)).toBe(true);
    for (const wrong of ['', ` ${shortest}`, shortest.toUpperCase(), shortest.slice(1), `${shortest}\0`])
      expect(await passwords.verify(hash, wrong)).toBe(false);
  });

  it('take every character of a long password into account', async () => {
    const long = 'x'.repeat(255);
    const hash = await passwords.hash(`${long}a`);
    expect(await passwords.verify(hash, `${long}a`)).toBe(true);
    expect(await passwords.verify(hash, `${long}b`)).toBe(false);
  });

  it('do not depend on how a keyboard composes letters, but on everything else', async () => {
    const hash = await passwords.hash('grüne Äpfel für Zoë'.normalize('NFD'));
    expect(await passwords.verify(hash, 'grüne Äpfel für Zoë'.normalize('NFC'))).toBe(true);
    expect(await passwords.verify(await passwords.hash('ﬁne words, well put'), 'fine words, well put')).toBe(false);
  });

  it('are worth nothing without the pepper', async () => {
    const others = await createPasswords({ pepper: Buffer.from('another pepper of some thirty by') });
    const hash = await passwords.hash(shortest);
    expect(await others.verify(hash, shortest)).toBe(false);
    expect(await argon2.verify(hash, shortest)).toBe(false);
  });

  it('are outdated when made with less', async () => {
    const settings = { memoryCost: 19_456, timeCost: 2, parallelism: 1, secret: pepper };
    expect(passwords.isOutdated(await passwords.hash(shortest))).toBe(false);
    expect(passwords.isOutdated(await argon2.hash(shortest, { ...settings, memoryCost: 9_728 }))).toBe(true);
    expect(passwords.isOutdated(await argon2.hash(shortest, { ...settings, timeCost: 3, memoryCost: 12_288 }))).toBe(true);
  });
});

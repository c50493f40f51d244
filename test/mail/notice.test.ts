/** What an inviter is told of a mail that reached nobody. */
import { expect, test } from 'vitest';
import type { InvitationMails, NoticeMail } from '../../src/invitation/pages.ts';
import { createRenderer } from '../../src/lib/page.ts';
import { now } from './making.ts';

const render = createRenderer({ brand: 'Chorverband', base: '' }).render<InvitationMails>();
const data: NoticeMail = {
  notice: 'mail_failed',
  places: ['Kammerchor Nord'],
  label: '',
  name: 'ada@bank.example',
  homeHref: 'https://op.example.org/',
};
const plain = (text: string) => text.replace(/[\u2060\u2068\u2069]/g, '');

test.each([
  ['en', 'could not be delivered to ada@bank.example.', 'because you made this invitation'],
  ['de', 'konnte nicht an ada@bank.example zugestellt werden.', 'weil du diese Einladung'],
])('it names the address in %s, not in its subject, and as nothing that can be clicked', (locale, said, why) => {
  const part = (form: 'subject' | 'text' | 'html') => render(`mail/notice.${form}`, data, { locale, now });
  for (const body of [part('text'), part('html')]) {
    for (const words of [said, why, 'Kammerchor Nord']) expect(plain(body)).toContain(words);
    expect(body).not.toContain('bank.example');
    expect(body).not.toMatch(/mailto:|mail\.notice/);
  }
  expect(part('subject')).toContain('Kammerchor Nord');
  expect(plain(part('subject'))).not.toContain('ada@');
});

test('it says so as well where the address is not known', () => {
  const text = render('mail/notice.text', { ...data, name: undefined }, { locale: 'en', now });
  expect(text).toContain('The mail with your invitation could not be delivered.');
});

/** Ordinary data for the sheet of cards. */
import { symbolOf } from '../../src/campaign/sheet.ts';
import type { CampaignPages } from '../../src/campaign/pages.ts';
import { now } from './offers.ts';

const url = 'https://guestlist.example/invite/abcdefghijklmnopqrstuv';
const card = {
  position: 1,
  invitationId: '0197-i',
  name: undefined,
  url,
  code: 'ABCD-EFGH-JKMN-PQRS-TVWX-YZ01-2345',
  pin: undefined,
  expiresAt: now,
  places: ['Kammerchor Nord'],
  symbol: symbolOf(url),
};
const sheet = { cards: [card], entry: 'https://guestlist.example/invite', inlined: undefined };

export const campaignSamples: { readonly [Name in keyof CampaignPages]: Readonly<Record<string, CampaignPages[Name]>> } = {
  'campaign/sheet': {
    'one card': sheet,
    'with a PIN and a name': { ...sheet, cards: [{ ...card, pin: '402913', name: 'Ada Park', places: ['Kammerchor Nord', 'wiki:edit'] }] },
    'no card': { ...sheet, cards: [] },
  },
};

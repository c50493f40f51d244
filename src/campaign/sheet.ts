/**
 * Cards as a page to be printed. Owns the page and its QR codes (ISO/IEC 18004); the cards come from `make.ts`, once. As a
 * page of a server it takes its style from there; as a file it has everything in itself. Nothing in it runs.
 */
import { readFileSync } from 'node:fs';
import { correction, generate } from 'lean-qr';
import { toSvgPath } from 'lean-qr/extras/svg';
import { type InvitationHost, ownUrl } from '../invitation/host.ts';
import { sha256 } from '../lib/digest.ts';
import { viewsDir } from '../lib/page.ts';
import type { Card } from './make.ts';
import type { CampaignPages } from './pages.ts';

export type SheetOptions = {
  /** Default: en. */
  readonly locale?: string | undefined;
  /** As a file by itself. Default: a page of the issuer's, which finds its style there. */
  readonly standalone?: boolean | undefined;
};

/** HTML. Whoever has it can join: it is for one pair of eyes, and for no log. */
export function sheetOf(
  { renderer, clock, issuer }: Pick<InvitationHost, 'renderer' | 'clock' | 'issuer'>,
  cards: readonly Card[],
  { locale = 'en', standalone = false }: SheetOptions = {},
): string {
  const data = {
    cards: cards.map((card) => ({ ...card, symbol: symbolOf(card.url) })),
    entry: ownUrl(issuer, '/invite'),
    inlined: standalone ? inlined() : undefined,
  };
  return renderer.render<CampaignPages>()('campaign/sheet', data, { locale, now: clock() });
}

const quietZone = 4;

/** Level M: 15 % of it may be worn away. Black on white whatever the paper's scheme, with the border that readers need. */
export function symbolOf(text: string): string {
  const code = generate(text, { minCorrectionLevel: correction.M });
  const side = code.size + 2 * quietZone;
  const ground = `<rect x="${-quietZone}" y="${-quietZone}" width="${side}" height="${side}" fill="white"/>`;
  const box = `${-quietZone} ${-quietZone} ${side} ${side}`;
  return `<svg viewBox="${box}" shape-rendering="crispEdges" aria-hidden="true">${ground}<path d="${toSvgPath(code)}" fill="black"/></svg>`;
}

function inlined(): NonNullable<CampaignPages['campaign/sheet']['inlined']> {
  const css = readFileSync(new URL('assets/sheet.css', viewsDir), 'utf8');
  const digest = sha256(css).toString('base64');
  return { css, policy: `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'` };
}

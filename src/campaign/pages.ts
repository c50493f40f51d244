/** The page of this slice, and what it is given. The template is `views/campaign/sheet.eta`. */
import type { Card } from './make.ts';

export type CampaignPages = {
  /** Cards with their secrets, to be printed. */
  'campaign/sheet': {
    readonly cards: readonly (Card & {
      /** The link as a QR code: an SVG of ours, not to be escaped. */
      readonly symbol: string;
    })[];
    /** Where a code is typed. */
    readonly entry: string;
    /** A file by itself: the style sheet, and the Content-Security-Policy that lets it and nothing else in. */
    readonly inlined: { readonly css: string; readonly policy: string } | undefined;
  };
};

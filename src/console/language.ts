/** The language of what is no page of its own: one that the console has words in. */
import type { Context } from 'koa';
import { chooseLocale } from '../lib/language.ts';
import type { ConsoleSite } from './site.ts';

export function consoleLocale({ renderer }: Pick<ConsoleSite, 'renderer'>, ctx: Context): string {
  return chooseLocale(renderer.texts, ctx, { family: 'console' });
}

/** The plugin as the server has it, for as long as a command runs. */
import { createSeal } from '../lib/seal.ts';
import { loadKeys } from '../oidc/keys.ts';
import type { Guestlist } from '../plugin.ts';
import { createGuestlist } from '../server/guestlist.ts';
import { createLiveSettings } from '../setting/live.ts';
import { serverSecret } from '../server/secret.ts';
import { type CommandContext, withDatabase } from './command.ts';

export type GuestlistContext = CommandContext & { readonly guestlist: Guestlist };

/** Throws `WrongSecret`. */
export async function withGuestlist<Result>(work: (context: GuestlistContext) => Promise<Result>): Promise<Result> {
  return withDatabase(async (context) => work({ ...context, guestlist: await createPlugin(context) }));
}

/** Throws `WrongSecret`. */
export async function createPlugin(context: CommandContext): Promise<Guestlist> {
  const { config, database, clock, random } = context;
  const { issuer, brand, terms, support } = config;
  const secret = await knownSecret(context);
  const settings = createLiveSettings({ database, clock, defaults: { brand, support, ...terms } });
  await settings.refresh();
  return createGuestlist({ database, clock, random, issuer, secret, settings });
}

/** The server's. Throws `WrongSecret` for another one: the server could not open what is sealed with it. */
export async function knownSecret({ config, database, clock, random }: CommandContext): Promise<string> {
  const secret = serverSecret(config, random);
  await loadKeys({ database, seal: createSeal(secret, random), clock, random });
  return secret;
}

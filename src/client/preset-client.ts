/** The client that an app of a preset needs: what is registered, before anybody adds wishes of their own. */
import type { ClientChange, NewClient } from './manage.ts';
import { type Preset, settingsOf } from './presets.ts';

export type PresetClient = ClientChange & Pick<NewClient, 'redirectUris'>;

/** Undefined: the address is not one that the app can live at, as in `settingsOf`. */
export function presetClient(preset: Preset, baseUrl: string): PresetClient | undefined {
  const settings = settingsOf(preset, baseUrl);
  if (!settings) return undefined;
  const { redirectUris, postLogoutRedirectUris, initiateLoginUri, startUrl, grantTypes, signingAlg, scope } = settings;
  return {
    name: preset.name,
    preset: preset.id,
    authMethod: settings.tokenEndpointAuthMethod,
    withoutPkce: preset.client.withoutPkce,
    mappings: preset.mappings,
    ...{ redirectUris, postLogoutRedirectUris, initiateLoginUri, startUrl, grantTypes, signingAlg, scope },
  };
}

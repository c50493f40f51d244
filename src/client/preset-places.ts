/** Doors before other apps, and places where people meet. What each reads is from its own documentation or source; see `source`. */
import { claimMappingsSchema } from './mapping-schema.ts';
import * as commands from './preset-commands.ts';
import * as files from './preset-files.ts';
import { everywhere, inIdToken, withGroups } from './preset-groups.ts';
import type { Preset } from './presets.ts';

export const doors: readonly Preset[] = [
  {
    id: 'oauth2-proxy',
    name: 'oauth2-proxy',
    source: 'https://oauth2-proxy.github.io/oauth2-proxy/configuration/providers/openid_connect',
    client: {
      authMethod: 'client_secret_basic',
      redirectUris: ['{base}/oauth2/callback'],
      initiateLoginUri: '{base}/oauth2/start',
      scopes: withGroups,
    },
    mappings: everywhere.mappings,
    reads: { ...everywhere.reads, joinedWith: ',' },
    notes: [
      'The app behind it gets `X-Forwarded-Groups`, joined with commas.',
      'Add a `cookie_secret`, which is between the proxy and the browser only.',
    ],
    snippet: files.oauth2Proxy,
  },
  {
    id: 'mod-auth-openidc',
    name: 'Apache (mod_auth_openidc)',
    source: 'https://github.com/OpenIDC/mod_auth_openidc/wiki/Authorization',
    client: {
      authMethod: 'client_secret_basic',
      redirectUris: ['{base}/oauth2callback'],
      initiateLoginUri: '{base}/oauth2callback',
      scopes: withGroups,
    },
    mappings: everywhere.mappings,
    reads: { ...everywhere.reads, joinedWith: ',' },
    notes: ['The app behind it gets `OIDC_CLAIM_groups`, joined with commas.'],
    snippet: files.apache,
  },
  {
    id: 'cloudflare-access',
    name: 'Cloudflare Access',
    source: 'https://developers.cloudflare.com/cloudflare-one/identity/idp-integration/generic-oidc/',
    client: {
      authMethod: 'client_secret_basic',
      redirectUris: ['{origin}/cdn-cgi/access/callback'],
      initiateLoginUri: '{origin}/',
      scopes: withGroups,
    },
    mappings: claimMappingsSchema.parse([
      { name: 'groups', source: 'groups', where: ['id_token'], trigger: { scopes: ['groups'], always: true } },
    ]),
    reads: inIdToken.reads,
    notes: [
      'The address is that of your team, like `https://example.cloudflareaccess.com`.',
      'Made by hand in the dashboard, it does not ask for the scope `groups`; the claim is sent to it always.',
    ],
    snippet: files.cloudflareAccess,
  },
];

export const places: readonly Preset[] = [
  {
    id: 'nextcloud',
    name: 'Nextcloud (user_oidc)',
    source: 'https://github.com/nextcloud/user_oidc#readme',
    client: {
      authMethod: 'client_secret_post',
      redirectUris: ['{base}/apps/user_oidc/code', '{base}/index.php/apps/user_oidc/code'],
      scopes: withGroups,
    },
    mappings: inIdToken.mappings,
    reads: { ...inIdToken.reads, formats: ['array', 'comma'], accepts: /^.{1,64}$/su },
    notes: [
      'Each sign-in puts the person into the groups of the claim and takes them out of others that it once made.',
      'A group called `admin` makes administrators of Nextcloud.',
    ],
    snippet: commands.nextcloud,
  },
  {
    id: 'gitea',
    name: 'Gitea, Forgejo',
    source: 'https://docs.gitea.com/administration/command-line',
    client: {
      authMethod: 'client_secret_basic',
      withoutPkce: 'Gitea does not send a code challenge (go-gitea/gitea#21376).',
      redirectUris: ['{base}/user/oauth2/guestlist/callback'],
      initiateLoginUri: '{base}/user/oauth2/guestlist',
      scopes: withGroups,
    },
    mappings: everywhere.mappings,
    reads: { ...everywhere.reads, formats: ['array', 'comma'] },
    notes: [
      'The name of the authentication source is part of the redirect URI.',
      'Organisations and teams must exist before they are mapped.',
    ],
    snippet: commands.gitea,
  },
  {
    id: 'outline',
    name: 'Outline',
    source: 'https://app.getoutline.com/share/770a97da-13e5-401e-9f8a-37949c19f97e/doc/oidc-8CPBm6uC0I',
    client: {
      authMethod: 'client_secret_post',
      withoutPkce: 'Configured by endpoints, it does not send a code challenge (outline/outline#9462).',
      refreshes: true,
      prompt: 'consent',
      redirectUris: ['{base}/auth/oidc.callback'],
      initiateLoginUri: '{base}/auth/oidc',
      scopes: ['openid', 'profile', 'email', 'offline_access'],
    },
    mappings: [],
    reads: undefined,
    notes: ['It reads no groups: `--required-group` says who gets in.'],
    snippet: commands.outline,
  },
  {
    id: 'directus',
    name: 'Directus',
    source: 'https://github.com/directus/directus/blob/main/api/src/auth/drivers/openid.ts',
    client: {
      authMethod: 'client_secret_basic',
      redirectUris: ['{base}/auth/login/guestlist/callback'],
      initiateLoginUri: '{base}/auth/login/guestlist',
      scopes: withGroups,
    },
    mappings: everywhere.mappings,
    reads: { ...everywhere.reads, formats: ['array', 'comma'] },
    notes: ['A person has one role: the first in `AUTH_GUESTLIST_ROLE_MAPPING` whose group they are in. Keep the `json:` before it.'],
    snippet: commands.directus,
  },
  {
    id: 'synapse',
    name: 'Synapse (Matrix)',
    source: 'https://element-hq.github.io/synapse/latest/openid.html',
    client: {
      authMethod: 'client_secret_basic',
      redirectUris: ['{base}/_synapse/client/oidc/callback'],
      scopes: withGroups,
    },
    ...inIdToken,
    notes: ['It asks for groups to let people in, and for nothing else.', 'People choose their name in Matrix when they come first.'],
    snippet: files.synapse,
  },
  {
    id: 'jellyfin',
    name: 'Jellyfin (SSO plugin)',
    source: 'https://github.com/9p4/jellyfin-plugin-sso#readme',
    client: {
      authMethod: 'client_secret_post',
      redirectUris: ['{base}/sso/OID/redirect/guestlist'],
      initiateLoginUri: '{base}/sso/OID/start/guestlist',
      scopes: withGroups,
    },
    ...everywhere,
    notes: ['`RoleClaim` can be a path with dots, for a claim inside an object.'],
    snippet: files.jellyfin,
  },
];

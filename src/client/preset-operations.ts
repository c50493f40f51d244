/** Apps for those who build and run things. What each reads is from its own documentation or source; see `source`. */
import { claimMappingsSchema } from './mapping-schema.ts';
import * as commands from './preset-commands.ts';
import * as files from './preset-files.ts';
import { everywhere, inIdToken, withGroups } from './preset-groups.ts';
import type { Preset } from './presets.ts';

export const operations: readonly Preset[] = [
  {
    id: 'grafana',
    name: 'Grafana',
    source: 'https://grafana.com/docs/grafana/latest/setup-grafana/configure-access/configure-authentication/generic-oauth/',
    client: {
      authMethod: 'client_secret_basic',
      redirectUris: ['{base}/login/generic_oauth'],
      postLogoutRedirectUris: ['{base}/login'],
      initiateLoginUri: '{base}/login/generic_oauth',
      scopes: withGroups,
    },
    ...everywhere,
    notes: [
      'Roles come of `role_attribute_path`, a JMESPath expression over the claims; give your own groups there.',
      'Teams that follow groups are part of Grafana Enterprise and Cloud.',
    ],
    snippet: files.grafana,
  },
  {
    id: 'gitlab',
    name: 'GitLab',
    source: 'https://docs.gitlab.com/ee/administration/auth/oidc.html',
    client: {
      authMethod: 'client_secret_basic',
      redirectUris: ['{base}/users/auth/openid_connect/callback'],
      scopes: withGroups,
    },
    ...everywhere,
    notes: [
      'Groups say who may sign in and who is an administrator, at each sign-in, in the Premium tier and above. They do not make anybody a member of a group in GitLab.',
    ],
    snippet: files.gitlab,
  },
  {
    id: 'argo-cd',
    name: 'Argo CD',
    source: 'https://argo-cd.readthedocs.io/en/stable/operator-manual/user-management/#existing-oidc-provider',
    client: {
      authMethod: 'none',
      refreshes: true,
      redirectUris: ['{base}/auth/callback', '{base}/pkce/verify', 'http://localhost:8085/auth/callback'],
      postLogoutRedirectUris: ['{base}'],
      initiateLoginUri: '{base}/auth/login',
      scopes: [...withGroups, 'offline_access'],
    },
    ...inIdToken,
    notes: [
      'One public client with PKCE serves the pages and the command line (`argocd login --sso`).',
      'It asks for the claim by `requestedIDTokenClaims`, too.',
      'It cannot send `prompt=consent`: it gets refresh tokens only if it is registered with `--first-party`. Otherwise people sign in again after an hour.',
    ],
    snippet: files.argoCd,
  },
  {
    id: 'kubernetes',
    name: 'Kubernetes',
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/authentication/#openid-connect-tokens',
    client: {
      authMethod: 'none',
      refreshes: true,
      prompt: 'consent',
      redirectUris: ['http://localhost:8000', 'http://localhost:18000'],
      scopes: [...withGroups, 'offline_access'],
    },
    mappings: inIdToken.mappings,
    reads: { ...inIdToken.reads, accepts: /^(?!system:)/ },
    notes: [
      'The API server reads the ID token only, and asks nobody whether it still holds: whoever leaves a group keeps its access until the token ends. kubelogin refreshes it.',
      'The issuer must be `https`. Keep `--oidc-groups-prefix`: it is what tells your groups from the cluster’s own.',
    ],
    snippet: commands.kubernetes,
  },
  {
    id: 'vault',
    name: 'Vault, OpenBao',
    source: 'https://developer.hashicorp.com/vault/docs/auth/jwt',
    client: {
      authMethod: 'client_secret_basic',
      redirectUris: ['{base}/ui/vault/auth/oidc/oidc/callback', 'http://localhost:8250/oidc/callback'],
      scopes: withGroups,
    },
    ...everywhere,
    notes: [
      'A claim that is absent ends the sign-in with an error: leave it empty for people without groups, not absent.',
      'Policies hang on external groups whose alias is the slug.',
    ],
    snippet: commands.vault,
  },
  {
    id: 'minio',
    name: 'MinIO',
    source:
      'https://min.io/docs/minio/linux/reference/minio-server/minio-server.html#minio-server-envvar-external-identity-management-openid',
    client: {
      authMethod: 'client_secret_basic',
      withoutPkce: 'Its console does not send a code challenge.',
      redirectUris: ['{base}/oauth_callback'],
      scopes: withGroups,
    },
    mappings: claimMappingsSchema.parse([
      {
        name: 'policy',
        source: 'groups',
        value: {
          kind: 'table',
          table: { 'minio-admins': 'consoleAdmin', 'minio-writers': 'readwrite', 'minio-readers': 'readonly' },
          unlisted: 'drop',
        },
        where: ['id_token'],
        empty: 'absent',
        trigger: { scopes: ['groups'] },
      },
    ]),
    reads: { claim: 'policy', where: ['id_token'], formats: ['array', 'comma'], joinedWith: ',' },
    notes: [
      'The claim names policies, not groups: edit the table. Whoever has no policy cannot sign in.',
      'MinIO splits each value at commas.',
    ],
    snippet: commands.minio,
  },
  {
    id: 'proxmox-ve',
    name: 'Proxmox VE',
    source: 'https://pve.proxmox.com/wiki/User_Management',
    client: {
      authMethod: 'client_secret_basic',
      redirectUris: ['{origin}'],
      scopes: withGroups,
    },
    mappings: everywhere.mappings,
    reads: { ...everywhere.reads, accepts: /^[A-Za-z0-9._-]+$/ },
    notes: [
      'From version 8.2. The name of the realm is appended: `choir` becomes `choir-guestlist`.',
      'With `--groups-overwrite 1` each sign-in replaces all groups of the person.',
    ],
    snippet: commands.proxmox,
  },
  {
    id: 'harbor',
    name: 'Harbor',
    source: 'https://goharbor.io/docs/2.11.0/administration/configure-authentication/oidc-auth/',
    client: {
      authMethod: 'client_secret_basic',
      refreshes: true,
      prompt: 'consent',
      redirectUris: ['{base}/c/oidc/callback'],
      initiateLoginUri: '{base}/c/oidc/login',
      scopes: [...withGroups, 'offline_access'],
    },
    ...everywhere,
    notes: ['From version 2.13, which sends a code challenge (PKCE).', 'The secret for docker lives as long as the refresh token.'],
    snippet: files.harbor,
  },
  {
    id: 'jenkins',
    name: 'Jenkins',
    source: 'https://github.com/jenkinsci/oic-auth-plugin/blob/master/docs/configuration/README.md',
    client: {
      authMethod: 'client_secret_basic',
      redirectUris: ['{base}/securityRealm/finishLogin'],
      postLogoutRedirectUris: ['{base}/OicLogout'],
      initiateLoginUri: '{base}/securityRealm/commenceLogin',
      scopes: withGroups,
    },
    ...everywhere,
    notes: ['Needs the plugin `oic-auth`. Slugs are lower case: keep `groupIdStrategy: caseSensitive`.'],
    snippet: files.jenkins,
  },
];

/** Commands and environment variables that configure apps, as their documentation writes them; the pages are named where the presets are. */
import { command, endpointsOf, lines, providerName, secretPlaceholder, sh, variables } from './preset-quote.ts';
import type { Snippet, SnippetValues } from './presets.ts';

type Write = (values: SnippetValues) => Snippet;

export const kubernetes: Write = ({ issuer, clientId, scopes }) => {
  const extra = scopes.filter((scope) => scope !== 'openid').map((scope) => `--exec-arg=--oidc-extra-scope=${scope}`);
  const options = ['--exec-api-version=client.authentication.k8s.io/v1', '--exec-command=kubectl', '--exec-arg=oidc-login'];
  const login = [
    '--exec-arg=get-token',
    sh(`--exec-arg=--oidc-issuer-url=${issuer}`),
    sh(`--exec-arg=--oidc-client-id=${clientId}`),
    ...extra,
    '--exec-arg=--oidc-auth-request-extra-params=prompt=consent',
  ];
  const text = lines(
    '# the API server, besides the options that it has',
    command(
      'kube-apiserver',
      `--oidc-issuer-url=${sh(issuer)}`,
      `--oidc-client-id=${sh(clientId)}`,
      '--oidc-username-claim=sub',
      '--oidc-username-prefix=oidc:',
      '--oidc-groups-claim=groups',
      '--oidc-groups-prefix=oidc:',
    ),
    '',
    '# each person, with kubelogin',
    command(`kubectl config set-credentials ${providerName}`, ...options, '--exec-interactive-mode=IfAvailable', ...login),
  );
  return { place: 'flags of kube-apiserver; kubectl with kubelogin', language: 'sh', text };
};

export const nextcloud: Write = ({ issuer, clientId, scopes }) => {
  const text = lines(
    command(
      'occ user_oidc:provider Guestlist',
      `--clientid=${sh(clientId)}`,
      `--clientsecret=${secretPlaceholder}`,
      `--discoveryuri=${sh(endpointsOf(issuer).discovery)}`,
      `--scope=${sh(scopes.join(' '))}`,
      '--mapping-display-name=name',
      '--mapping-email=email',
      '--mapping-groups=groups',
      '--group-provisioning=1',
    ),
    'occ config:system:set user_oidc default_token_endpoint_auth_method --value=client_secret_post',
  );
  return { place: 'occ', language: 'sh', text };
};

export const gitea: Write = ({ issuer, clientId, scopes }) => {
  const text = command(
    'gitea admin auth add-oauth',
    `--name=${providerName}`,
    '--provider=openidConnect',
    `--key=${sh(clientId)}`,
    `--secret=${secretPlaceholder}`,
    `--auto-discover-url=${sh(endpointsOf(issuer).discovery)}`,
    ...scopes.map((scope) => `--scopes=${scope}`),
    '--group-claim-name=groups',
    '--admin-group=gitea-admins',
    `--group-team-map='{"developers":{"my-organisation":["Developers"]}}'`,
    '--group-team-map-removal',
  );
  return { place: 'the command line of Gitea or Forgejo', language: 'sh', text };
};

export const vault: Write = ({ issuer, clientId, baseUrl, scopes }) => {
  const text = lines(
    'vault auth enable oidc',
    command(
      'vault write auth/oidc/config',
      `oidc_discovery_url=${sh(issuer)}`,
      `oidc_client_id=${sh(clientId)}`,
      `oidc_client_secret=${secretPlaceholder}`,
      'default_role=member',
    ),
    command(
      'vault write auth/oidc/role/member',
      'user_claim=sub',
      'groups_claim=groups',
      `oidc_scopes=${scopes.filter((scope) => scope !== 'openid').join(',')}`,
      `allowed_redirect_uris=${sh(`${baseUrl}/ui/vault/auth/oidc/oidc/callback`)}`,
      'allowed_redirect_uris=http://localhost:8250/oidc/callback',
      'token_policies=default',
    ),
    "# for each group: vault write identity/group name=choir type=external, and an alias of the same name on the mount's accessor",
  );
  return { place: 'the command line of Vault or OpenBao', language: 'sh', text };
};

export const proxmox: Write = ({ issuer, clientId, scopes }) => {
  const text = command(
    `pveum realm add ${providerName}`,
    '--type openid',
    `--issuer-url ${sh(issuer)}`,
    `--client-id ${sh(clientId)}`,
    `--client-key ${secretPlaceholder}`,
    '--username-claim email',
    `--scopes ${sh(scopes.join(' '))}`,
    '--autocreate 1',
    '--groups-claim groups',
    '--groups-autocreate 1',
    '--groups-overwrite 1',
  );
  return { place: 'the shell of a Proxmox VE node', language: 'sh', text };
};

export const minio: Write = ({ issuer, clientId, baseUrl, scopes }) => {
  const text = variables({
    MINIO_IDENTITY_OPENID_CONFIG_URL: endpointsOf(issuer).discovery,
    MINIO_IDENTITY_OPENID_CLIENT_ID: clientId,
    MINIO_IDENTITY_OPENID_CLIENT_SECRET: secretPlaceholder,
    MINIO_IDENTITY_OPENID_SCOPES: scopes.join(','),
    MINIO_IDENTITY_OPENID_CLAIM_NAME: 'policy',
    MINIO_IDENTITY_OPENID_REDIRECT_URI: `${baseUrl}/oauth_callback`,
    MINIO_IDENTITY_OPENID_REDIRECT_URI_DYNAMIC: 'off',
    MINIO_IDENTITY_OPENID_DISPLAY_NAME: 'Guestlist',
  });
  return { place: 'environment of MinIO', language: 'sh', text };
};

export const outline: Write = ({ issuer, clientId, baseUrl, scopes }) => {
  const { authorization, token, userinfo } = endpointsOf(issuer);
  const text = variables({
    URL: baseUrl,
    OIDC_CLIENT_ID: clientId,
    OIDC_CLIENT_SECRET: secretPlaceholder,
    OIDC_AUTH_URI: `${authorization}?prompt=consent`,
    OIDC_TOKEN_URI: token,
    OIDC_USERINFO_URI: userinfo,
    OIDC_USERNAME_CLAIM: 'email',
    OIDC_DISPLAY_NAME: 'Guestlist',
    OIDC_SCOPES: scopes.join(' '),
  });
  return { place: 'environment of Outline', language: 'sh', text };
};

export const directus: Write = ({ issuer, clientId, baseUrl, scopes }) => {
  const text = variables({
    PUBLIC_URL: baseUrl,
    AUTH_PROVIDERS: providerName,
    AUTH_GUESTLIST_DRIVER: 'openid',
    AUTH_GUESTLIST_CLIENT_ID: clientId,
    AUTH_GUESTLIST_CLIENT_SECRET: secretPlaceholder,
    AUTH_GUESTLIST_ISSUER_URL: endpointsOf(issuer).discovery,
    AUTH_GUESTLIST_SCOPE: scopes.join(' '),
    AUTH_GUESTLIST_ALLOW_PUBLIC_REGISTRATION: 'true',
    AUTH_GUESTLIST_REQUIRE_VERIFIED_EMAIL: 'true',
    AUTH_GUESTLIST_GROUP_CLAIM_NAME: 'groups',
    AUTH_GUESTLIST_ROLE_MAPPING: 'json:{"choir":"ID_OF_A_ROLE"}',
  });
  return { place: 'environment of Directus', language: 'sh', text };
};

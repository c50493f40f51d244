/** Configuration files of apps, as their documentation writes them; the pages are named where the presets are. */
import { apache as apacheQuoted, endpointsOf, ini, lines, quoted, secretPlaceholder, single, xml } from './preset-quote.ts';
import type { Snippet, SnippetValues } from './presets.ts';

type Write = (values: SnippetValues) => Snippet;

export const grafana: Write = ({ issuer, clientId, baseUrl, scopes }) => {
  const { authorization, token, userinfo, endSession } = endpointsOf(issuer);
  const text = lines(
    '[server]',
    `root_url = ${ini(baseUrl)}`,
    '',
    '[auth.generic_oauth]',
    'enabled = true',
    'name = Guestlist',
    `client_id = ${ini(clientId)}`,
    `client_secret = ${secretPlaceholder}`,
    `scopes = ${scopes.join(' ')}`,
    `auth_url = ${ini(authorization)}`,
    `token_url = ${ini(token)}`,
    `api_url = ${ini(userinfo)}`,
    'auth_style = InHeader',
    'use_pkce = true',
    'login_attribute_path = email',
    'groups_attribute_path = groups',
    "role_attribute_path = contains(groups[*], 'grafana-admins') && 'Admin' || contains(groups[*], 'grafana-editors') && 'Editor' || 'Viewer'",
    `signout_redirect_url = ${ini(`${endSession}?client_id=${encodeURIComponent(clientId)}&post_logout_redirect_uri=${encodeURIComponent(`${baseUrl}/login`)}`)}`,
  );
  return { place: 'grafana.ini', language: 'ini', text };
};

export const gitlab: Write = ({ issuer, clientId, baseUrl, scopes }) => {
  const text = lines(
    "gitlab_rails['omniauth_providers'] = [",
    '  {',
    "    name: 'openid_connect',",
    "    label: 'Guestlist',",
    '    args: {',
    "      name: 'openid_connect',",
    `      scope: [${scopes.map(single).join(', ')}],`,
    "      response_type: 'code',",
    `      issuer: ${single(issuer)},`,
    '      discovery: true,',
    "      client_auth_method: 'basic',",
    "      uid_field: 'sub',",
    '      pkce: true,',
    '      client_options: {',
    `        identifier: ${single(clientId)},`,
    `        secret: '${secretPlaceholder}',`,
    `        redirect_uri: ${single(`${baseUrl}/users/auth/openid_connect/callback`)},`,
    '        gitlab: {',
    "          groups_attribute: 'groups',",
    "          required_groups: ['gitlab-users'],",
    "          admin_groups: ['gitlab-admins']",
    '        }',
    '      }',
    '    }',
    '  }',
    ']',
  );
  return { place: '/etc/gitlab/gitlab.rb', language: 'ruby', text };
};

export const argoCd: Write = ({ issuer, clientId, baseUrl, scopes }) => {
  const text = lines(
    '# argocd-cm',
    'data:',
    `  url: ${quoted(baseUrl)}`,
    '  oidc.config: |',
    '    name: Guestlist',
    `    issuer: ${quoted(issuer)}`,
    `    clientID: ${quoted(clientId)}`,
    '    enablePKCEAuthentication: true',
    `    requestedScopes: [${scopes.map(quoted).join(', ')}]`,
    '    requestedIDTokenClaims: {"groups": {"essential": true}}',
    `    logoutURL: ${quoted(`${endpointsOf(issuer).endSession}?id_token_hint={{token}}&post_logout_redirect_uri={{logoutRedirectURL}}`)}`,
    '---',
    '# argocd-rbac-cm',
    'data:',
    "  scopes: '[groups]'",
    '  policy.csv: |',
    '    g, argocd-admins, role:admin',
  );
  return { place: 'ConfigMaps argocd-cm and argocd-rbac-cm', language: 'yaml', text };
};

export const jenkins: Write = ({ issuer, clientId, scopes }) => {
  const text = lines(
    'jenkins:',
    '  securityRealm:',
    '    oic:',
    `      clientId: ${quoted(clientId)}`,
    `      clientSecret: "${secretPlaceholder}"`,
    '      serverConfiguration:',
    '        wellKnown:',
    `          wellKnownOpenIDConfigurationUrl: ${quoted(endpointsOf(issuer).discovery)}`,
    `          scopesOverride: ${quoted(scopes.join(' '))}`,
    '      userNameField: "email"',
    '      fullNameFieldName: "name"',
    '      emailFieldName: "email"',
    '      groupsFieldName: "groups"',
    '      groupIdStrategy: "caseSensitive"',
    '      userIdStrategy: "caseInsensitive"',
    '      logoutFromOpenidProvider: true',
    '      properties:',
    '        - "pkce"',
  );
  return { place: 'Configuration as Code, plugin oic-auth', language: 'yaml', text };
};

export const apache: Write = ({ issuer, clientId, baseUrl, scopes }) => {
  const text = lines(
    `OIDCProviderMetadataURL ${apacheQuoted(endpointsOf(issuer).discovery)}`,
    `OIDCClientID ${apacheQuoted(clientId)}`,
    `OIDCClientSecret ${secretPlaceholder}`,
    `OIDCRedirectURI ${apacheQuoted(`${baseUrl}/oauth2callback`)}`,
    'OIDCCryptoPassphrase "exec:/bin/cat /etc/apache2/oidc-passphrase"',
    `OIDCScope ${apacheQuoted(scopes.join(' '))}`,
    'OIDCPKCEMethod S256',
    'OIDCRemoteUserClaim email',
    '<Location "/">',
    '  AuthType openid-connect',
    '  Require claim groups:choir',
    '</Location>',
  );
  return { place: 'a virtual host of Apache with mod_auth_openidc', language: 'apache', text };
};

export const synapse: Write = ({ issuer, clientId, scopes }) => {
  const text = lines(
    'oidc_providers:',
    '  - idp_id: guestlist',
    '    idp_name: "Guestlist"',
    '    discover: true',
    `    issuer: ${quoted(issuer)}`,
    `    client_id: ${quoted(clientId)}`,
    `    client_secret: "${secretPlaceholder}"`,
    `    scopes: [${scopes.map(quoted).join(', ')}]`,
    '    pkce_method: always',
    '    user_mapping_provider:',
    '      config:',
    '        display_name_template: "{{ user.name }}"',
    '        email_template: "{{ user.email }}"',
    '    attribute_requirements:',
    '      - attribute: groups',
    '        value: "matrix-users"',
  );
  return { place: 'homeserver.yaml', language: 'yaml', text };
};

export const oauth2Proxy: Write = ({ issuer, clientId, baseUrl, scopes }) => {
  const text = lines(
    'provider = "oidc"',
    `oidc_issuer_url = ${quoted(issuer)}`,
    `client_id = ${quoted(clientId)}`,
    `client_secret = "${secretPlaceholder}"`,
    `redirect_url = ${quoted(`${baseUrl}/oauth2/callback`)}`,
    `scope = ${quoted(scopes.join(' '))}`,
    'code_challenge_method = "S256"',
    'oidc_groups_claim = "groups"',
    'allowed_groups = ["choir"]',
    'email_domains = ["*"]',
  );
  return { place: 'oauth2-proxy.cfg', language: 'toml', text };
};

export const jellyfin: Write = ({ issuer, clientId, scopes }) => {
  const list = (name: string, ...values: readonly string[]) =>
    `  <${name}>${values.map((value) => `<string>${xml(value)}</string>`).join('')}</${name}>`;
  const text = lines(
    '<PluginConfiguration>',
    `  <OidEndpoint>${xml(issuer)}</OidEndpoint>`,
    `  <OidClientId>${xml(clientId)}</OidClientId>`,
    `  <OidSecret>${secretPlaceholder}</OidSecret>`,
    '  <Enabled>true</Enabled>',
    '  <EnableAuthorization>true</EnableAuthorization>',
    list('Roles', 'jellyfin-users', 'jellyfin-admins'),
    list('AdminRoles', 'jellyfin-admins'),
    '  <RoleClaim>groups</RoleClaim>',
    list('OidScopes', ...scopes.filter((scope) => scope !== 'openid' && scope !== 'profile')),
    '  <DefaultUsernameClaim>email</DefaultUsernameClaim>',
    '</PluginConfiguration>',
  );
  return { place: 'SSO-Auth.xml, plugin SSO Authentication, under the key guestlist', language: 'xml', text };
};

export const harbor: Write = ({ issuer, clientId, scopes }) => {
  const settings = {
    auth_mode: 'oidc_auth',
    oidc_name: 'Guestlist',
    oidc_endpoint: issuer,
    oidc_client_id: clientId,
    oidc_client_secret: secretPlaceholder,
    oidc_scope: scopes.join(','),
    oidc_groups_claim: 'groups',
    oidc_admin_group: 'harbor-admins',
    oidc_extra_redirect_parms: JSON.stringify({ prompt: 'consent' }),
    oidc_user_claim: 'email',
    oidc_auto_onboard: true,
    oidc_verify_cert: true,
  };
  return {
    place: 'Configuration, Authentication; or PUT /api/v2.0/configurations',
    language: 'json',
    text: JSON.stringify(settings, null, 2),
  };
};

export const cloudflareAccess: Write = ({ issuer, clientId, scopes }) => {
  const { authorization, token, jwks } = endpointsOf(issuer);
  const config = {
    client_id: clientId,
    client_secret: secretPlaceholder,
    auth_url: authorization,
    token_url: token,
    certs_url: jwks,
    scopes,
    claims: ['groups'],
    pkce_enabled: true,
  };
  const text = JSON.stringify({ name: 'Guestlist', type: 'oidc', config }, null, 2);
  return { place: 'Identity providers, OpenID Connect; or POST /accounts/{account_id}/access/identity_providers', language: 'json', text };
};

/** `docs/apps.md`: every preset, as people read it. Made from the presets, and compared with them in a test. */
import type { ClaimMapping } from './mapping-schema.ts';
import { needsBaseUrl, type Preset, presets, settingsOf, snippetOf } from './presets.ts';

const example = { issuer: 'https://id.example.org', clientId: 'my-app', baseUrl: 'https://app.example.org' };

/** In Markdown. */
export function appsPage(): string {
  const contents = presets.map(({ id, name }) => `- [${name}](#${id})`);
  return `${[introduction, contents.join('\n'), ...presets.map(sectionOf)].join('\n\n')}\n`;
}

const introduction = `# Connecting apps

<!-- Made from src/client/preset-*.ts: \`UPDATE_TABLE=1 npx vitest run test/client/presets.test.ts\` writes it anew. -->

For each of these apps Guestlist knows how it signs people in, which claim it reads about groups, where it looks for it and
in which shape. A client made from a preset has these settings; what is to be written into the app is printed, with
\`CLIENT_SECRET\` where its secret goes:

\`\`\`sh
npm run guestlist -- client add ${example.clientId} --preset grafana --base-url ${example.baseUrl}
\`\`\`

People are asked whether the app may know what it reads, unless it is registered with \`--first-party\`; with
\`--required-group\` nobody else gets near it. In the examples the issuer is \`${example.issuer}\`, the app lives at
\`${example.baseUrl}\`, and its client id is \`${example.clientId}\`. Names of groups are examples: put your own in their place.

A list of more than 200 groups is not sent in a token: \`groups_overage: true\` stands in its place, and UserInfo has the
whole list if the claim is sent there.`;

function sectionOf(preset: Preset): string {
  const snippet = snippetOf(preset, example);
  const settings = settingsOf(preset, example.baseUrl);
  if (!snippet || !settings) throw new TypeError(`the preset ${preset.id} does not take an ordinary address`);
  const rows: readonly (readonly [string, string])[] = [
    ['client', preset.client.authMethod === 'none' ? 'public, no secret' : `\`${settings.tokenEndpointAuthMethod}\``],
    ['grants', listOf(settings.grantTypes)],
    ['PKCE', preset.client.withoutPkce === undefined ? 'required' : `not required: ${preset.client.withoutPkce}`],
    ['redirect URIs', listOf(settings.redirectUris)],
    ['after signing out', listOf(settings.postLogoutRedirectUris)],
    ['starts a sign-in at', listOf(settings.initiateLoginUri ? [settings.initiateLoginUri] : [])],
    ['scopes', `\`${settings.scope}\``],
    ['ID token signed with', `\`${settings.signingAlg}\``],
    ['sent', preset.mappings.map(describe).join('; ') || 'nothing about groups'],
    ['read by the app', preset.reads ? `\`${preset.reads.claim}\` from ${listOf(preset.reads.where)}` : 'nothing about groups'],
  ];
  return [
    `<a id="${preset.id}"></a>\n\n## ${preset.name}\n`,
    `[Documentation of the app](${preset.source})${needsBaseUrl(preset) ? '' : '. It has no address of its own.'}\n`,
    '| | |\n|---|---|',
    ...rows.filter(([, text]) => text).map(([name, text]) => `| ${name} | ${text.replaceAll('|', '\\|')} |`),
    '',
    ...preset.notes.map((note) => `- ${note}`),
    '',
    `Goes into ${snippet.place}:\n`,
    `\`\`\`${snippet.language}\n${snippet.text}\n\`\`\``,
  ].join('\n');
}

function listOf(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(', ');
}

function describe({ name, value, format, where, trigger }: ClaimMapping): string {
  const values = value.kind === 'table' ? 'by a table' : value.kind;
  const asked = trigger.always ? 'always' : `with the scope ${listOf(trigger.scopes)}`;
  return `\`${name}\` (${values}, ${format}) in ${listOf(where)}, ${asked}`;
}

/**
 * Quoting, for the configurations that `preset-files.ts` and `preset-commands.ts` print: an address or a client id may
 * hold what a shell or a template would obey. Where the secret goes stands `secretPlaceholder`, never the secret.
 */

export const secretPlaceholder = 'CLIENT_SECRET';

/** What the apps call us, in redirect URIs and names of realms. */
export const providerName = 'guestlist';

/** oidc-provider's own routes, for apps that do not know discovery. */
export function endpointsOf(issuer: string) {
  return {
    authorization: `${issuer}/auth`,
    token: `${issuer}/token`,
    userinfo: `${issuer}/userinfo`,
    jwks: `${issuer}/jwks`,
    endSession: `${issuer}/session/end`,
    discovery: `${issuer}/.well-known/openid-configuration`,
  };
}

export function lines(...all: readonly string[]): string {
  return all.join('\n');
}

/** For POSIX shells, and files of environment variables. */
export function sh(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

export function variables(pairs: Readonly<Record<string, string>>): string {
  return lines(...Object.entries(pairs).map(([name, value]) => `${name}=${sh(value)}`));
}

/** A command with its options, one a line. */
export function command(words: string, ...options: readonly string[]): string {
  return [words, ...options.map((option) => `  ${option}`)].join(' \\\n');
}

/** For YAML, TOML and JSON alike. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** For Ruby and PHP, which put nothing in the place of anything between these. */
export function single(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

/** For Grafana, where `#` and `;` begin a comment. */
export function ini(text: string): string {
  return /[#;`"]/.test(text) ? `"""${text}"""` : text;
}

export function apache(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}

export function xml(text: string): string {
  return text.replace(/[<>&'"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

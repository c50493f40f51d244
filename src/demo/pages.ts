/** Every page and every sentence of the app. Takes plain data, gives text; the claims it shows are never trusted. */
import { type Html, html } from './html.ts';
import type { Refusal, RefusalCode } from './refusal.ts';
import type { Person } from './sessions.ts';

type Claims = Readonly<Record<string, unknown>>;
type Message = { readonly status: number; readonly title: string; readonly text: string };

const messages: Record<RefusalCode, Message> = {
  bad_request: { status: 400, title: 'That link does not work', text: 'Something in it is missing or wrong. You can start again here.' },
  cross_site: {
    status: 403,
    title: 'We did not do that',
    text: 'The request came from another site. If it was you, please do it from here.',
  },
  declined: { status: 200, title: 'You did not sign in', text: 'You chose not to join or sign in. Nothing has changed.' },
  foreign_issuer: {
    status: 400,
    title: 'We do not know that sign-in service',
    text: 'The link asks you to sign in somewhere this app does not use.',
  },
  interaction_needed: { status: 200, title: 'You need to sign in', text: 'We could not sign you in by ourselves. Please sign in again.' },
  invitation_missing: { status: 400, title: 'Your invitation is missing', text: 'Please type your code, or paste the whole link.' },
  not_found: { status: 404, title: 'There is nothing here', text: 'The address may be mistyped.' },
  provider_failed: {
    status: 502,
    title: 'Signing in did not work',
    text: 'The sign-in service gave an answer we could not use. Please try again.',
  },
  provider_unreachable: {
    status: 502,
    title: 'We cannot reach the sign-in service',
    text: 'It may be starting, or down for a moment. Please try again soon.',
  },
  session_ended: { status: 403, title: 'Your sign-in has ended', text: 'You may have signed out somewhere else. Please sign in again.' },
  start_again: {
    status: 400,
    title: 'Please start again',
    text: 'This sign-in was finished already, took too long, or began in another browser.',
  },
  surprise: { status: 500, title: 'Something went wrong', text: 'That was our mistake. Please try again.' },
};

export function refusalPage({ code, detail }: Refusal): { readonly status: number; readonly body: string } {
  const { status, title, text } = messages[code];
  const body = html`<h1>${title}</h1>
    <p>${text}</p>
    ${detail ? html`<p class="quiet">The sign-in service said: <bdi>${detail}</bdi></p>` : undefined}
    <p class="actions"><a class="button primary" href="/login">Sign in</a> <a class="button" href="/">Back to the start</a></p>`;
  return { status, body: page(title, body) };
}

export function visitorPage(): string {
  return page(
    'Welcome',
    html`<h1>Welcome</h1>
    <p>This is a small demo app. Sign in, and it shows you what an app learns about you: your name, your groups, your roles and your rights.</p>
    <p class="actions"><a class="button primary" href="/login">Sign in</a> <a class="button" href="/login?prompt=create">Join</a></p>
    ${invitationForm()}
    <p class="quiet">This app keeps nothing. When it stops, it forgets you.</p>`,
  );
}

export function memberPage({ claims, userInfo, refreshToken }: Person): string {
  const all: Claims = { ...claims, ...userInfo };
  return page(
    'Signed in',
    html`<h1>Signed in as <bdi>${displayName(all)}</bdi></h1>
    ${welcome(all['invitation'])}
    <div class="actions">
      ${refreshToken ? button('/refresh', 'Refresh') : undefined}
      ${button('/logout', 'Sign out')}
    </div>
    <div class="cards">
      ${card('Your groups', all['groups'])}
      ${card('Your roles', all['roles'])}
      ${card('Your rights', all['entitlements'])}
    </div>
    ${all['groups_overage'] === true ? html`<p class="quiet">You are in more groups than fit here.</p>` : undefined}
    ${invitationForm()}
    ${claimsSection('What this app was told', 'ID token', claims)}
    ${claimsSection('What it could ask for', 'UserInfo', userInfo)}`,
  );
}

function page(title: string, body: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>${title} · Demo app</title>
  <link rel="stylesheet" href="/demo.css">
</head>
<body>
  <header><a href="/">Demo app</a></header>
  <main>
    ${body}
  </main>
</body>
</html>
`.toString();
}

function invitationForm(): Html {
  return html`<form class="box" method="post" action="/invitation">
      <h2>Do you have an invitation?</h2>
      <label for="invite">Invitation link or code</label>
      <div class="row">
        <input id="invite" name="invite" type="text" required maxlength="2000" autocomplete="off" autocapitalize="none" spellcheck="false">
        <button type="submit">Continue</button>
      </div>
    </form>`;
}

function button(action: string, label: string): Html {
  return html`<form method="post" action="${action}"><button type="submit">${label}</button></form>`;
}

/** Only the app that an invitation led to is told about it, and only then is there something to say. */
function welcome(invitation: unknown): Html | undefined {
  if (typeof invitation !== 'object' || invitation === null) return undefined;
  const isNew = (invitation as Claims)['new_account'] === true;
  return html`<p class="notice" role="status">You came with an invitation.${isNew ? ' Welcome! Your account is new.' : ''}</p>`;
}

function card(title: string, claim: unknown): Html {
  const items = listOf(claim);
  const list = html`<ul>${items.map((item) => html`<li><bdi>${item}</bdi></li>`)}</ul>`;
  return html`<section class="card"><h2>${title}</h2>${items.length > 0 ? list : html`<p class="quiet">None</p>`}</section>`;
}

function claimsSection(title: string, source: string, claims: Claims): Html {
  return html`<section>
      <h2>${title}</h2>
      <div class="scroll" role="region" aria-label="${source}" tabindex="0"><table>
        <caption>${source}</caption>
        <thead><tr><th scope="col">Claim</th><th scope="col">Value</th></tr></thead>
        <tbody>${Object.entries(claims).map(([name, value]) => claimRow(name, value))}</tbody>
      </table></div>
      <details><summary>${source} as JSON</summary><pre tabindex="0">${JSON.stringify(claims, null, 2)}</pre></details>
    </section>`;
}

function claimRow(name: string, value: unknown): Html {
  return html`<tr><th scope="row">${name}</th><td><bdi>${plain(value)}</bdi>${instant(name, value)}</td></tr>`;
}

function instant(name: string, value: unknown): Html | undefined {
  if (!['auth_time', 'exp', 'iat', 'nbf', 'updated_at'].includes(name) || typeof value !== 'number') return undefined;
  const date = new Date(value * 1000);
  if (Number.isNaN(date.getTime())) return undefined;
  return html` <span class="quiet">${date.toISOString().replace('T', ' ').slice(0, 19)} UTC</span>`;
}

function displayName(claims: Claims): string {
  const names = [claims['name'], claims['preferred_username'], claims['email'], claims['sub']];
  return names.find((name): name is string => typeof name === 'string' && name.trim() !== '') ?? 'somebody';
}

/** A provider may send a list, one text, or a map: whichever it is, something readable. */
function listOf(claim: unknown): string[] {
  if (claim === undefined || claim === null || claim === '') return [];
  if (Array.isArray(claim)) return claim.map(plain);
  if (typeof claim !== 'object') return [plain(claim)];
  return Object.entries(claim).map(([name, value]) => `${name}: ${plain(value)}`);
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/**
 * An app that is nothing but a page: oidc-client-ts, from the file that it ships for browsers, as a public client. What it
 * knows of the person it writes into the page, as JSON.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { openSocket } from '../support/server.ts';

export type SinglePageApp = { readonly url: string; trust(issuer: string, clientId: string): void; close(): Promise<void> };

const library = fileURLToPath(new URL('browser/oidc-client-ts.min.js', import.meta.resolve('oidc-client-ts').replace(/[^/]+\/[^/]+$/, '')));

const page = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Single page</title></head>
<body>
<h1>Single page</h1>
<button id="sign-in">Sign in</button> <button id="renew">Renew</button> <button id="ask">Ask</button> <button id="sign-out">Sign out</button>
<pre id="told"></pre>
<script src="/oidc-client-ts.js"></script>
<script src="/app.js"></script>
</body></html>`;

/** `told` has a number that goes up with each answer, so that whoever waits for one knows it from the last. */
const script = (settings: object) => `
const settings = ${JSON.stringify(settings)};
const manager = new oidc.UserManager({ ...settings, userStore: new oidc.WebStorageStateStore({ store: sessionStorage }) });
let answers = 0;
const tell = (told) => {
  document.getElementById('told').textContent = JSON.stringify({ answer: ++answers, ...told });
};
const tellUser = (user) => tell(user ? { profile: user.profile, scope: user.scope, canRefresh: Boolean(user.refresh_token) } : { profile: null });
const tellError = (error) => tell({ error: error.error ?? error.name, message: error.message });
const on = (id, work) => {
  document.getElementById(id).addEventListener('click', () => { work().catch(tellError); });
};
on('sign-in', () => manager.signinRedirect());
on('renew', async () => tellUser(await manager.signinSilent()));
on('ask', async () => {
  const user = await manager.getUser();
  const { userinfo_endpoint: address } = await manager.metadataService.getMetadata();
  const response = await fetch(address, { headers: { authorization: 'Bearer ' + user.access_token } });
  tell({ status: response.status, userInfo: await response.json() });
});
on('sign-out', () => manager.signoutRedirect());
const begin = async () => {
  if (location.pathname !== '/callback') return tellUser(await manager.getUser());
  const user = await manager.signinRedirectCallback();
  history.replaceState(null, '', '/');
  tellUser(user);
};
begin().catch(tellError);
`;

export async function startSinglePageApp(): Promise<SinglePageApp> {
  const socket = await openSocket();
  const url = `http://localhost:${socket.port}`;
  const libraryText = await readFile(library, 'utf8');
  return {
    url,
    close: socket.close,
    trust(issuer, clientId) {
      const settings = {
        authority: issuer,
        client_id: clientId,
        redirect_uri: `${url}/callback`,
        post_logout_redirect_uri: `${url}/`,
        scope: 'openid profile email groups offline_access',
        // Whoever is not of the house asks each time for what goes on without the person (OIDC Core §11).
        prompt: 'consent',
        loadUserInfo: true,
        automaticSilentRenew: false,
      };
      const files = new Map([
        ['/', { type: 'text/html', text: page }],
        ['/callback', { type: 'text/html', text: page }],
        ['/app.js', { type: 'text/javascript', text: script(settings) }],
        ['/oidc-client-ts.js', { type: 'text/javascript', text: libraryText }],
      ]);
      socket.serve((request, response) => {
        const file = files.get(new URL(request.url ?? '', url).pathname);
        if (!file) return response.writeHead(204).end();
        return response.writeHead(200, { 'content-type': `${file.type}; charset=utf-8` }).end(file.text);
      });
    },
  };
}

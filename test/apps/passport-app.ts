/**
 * An app of Express and Passport, written as the documentation of passport-openidconnect has it. The library sends no code
 * challenge (RFC 7636) and its secret in the body, and fills a profile from UserInfo; groups are the app's own business.
 */
import type { AddressInfo } from 'node:net';
import express, { type NextFunction, type Request, type Response } from 'express';
import session from 'express-session';
import { decodeJwt } from 'jose';
import { Authenticator } from 'passport';
import OpenIDConnectStrategy from 'passport-openidconnect';

type Groups = readonly string[];

/** What the app keeps of a person. */
export type PassportUser = {
  readonly id: string;
  readonly name: string;
  readonly groupsInUserInfo: Groups;
  readonly groupsInIdToken: Groups;
  readonly idToken: string;
  readonly accessToken: string;
};

type Credentials = { readonly issuer: string; readonly clientId: string; readonly clientSecret: string };

export type PassportApp = { readonly url: string; trust(credentials: Credentials): void; close(): Promise<void> };

/** Listens before it knows its provider, which has to know its address. */
export async function startPassportApp(): Promise<PassportApp> {
  const app = express();
  const passport = new Authenticator();
  passport.serializeUser((user, done) => done(null, user));
  passport.deserializeUser((user: Express.User, done) => done(null, user));
  app.use(session({ secret: 'of the app', resave: false, saveUninitialized: false }));
  app.use(passport.session());
  const server = await new Promise<ReturnType<typeof app.listen>>((resolve) => {
    const listening = app.listen(0, 'localhost', () => resolve(listening));
  });
  const url = `http://localhost:${(server.address() as AddressInfo).port}`;
  return {
    url,
    trust(credentials) {
      passport.use('guestlist', strategyOf(credentials, url));
      addRoutes(app, passport, { ...credentials, url });
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function strategyOf({ issuer, clientId, clientSecret }: Credentials, url: string): OpenIDConnectStrategy {
  const options = {
    issuer,
    authorizationURL: `${issuer}/auth`,
    tokenURL: `${issuer}/token`,
    userInfoURL: `${issuer}/userinfo`,
    clientID: clientId,
    clientSecret,
    callbackURL: `${url}/callback`,
    scope: ['profile', 'email', 'groups'],
    // The library makes one of its own for each sign-in; any text but none says so.
    nonce: 'yes',
  };
  const verify = (
    _issuer: string,
    userInfo: object,
    _inIdToken: object,
    _context: object,
    idToken: string | object,
    accessToken: string | object,
    _refreshToken: string,
    _params: unknown,
    done: OpenIDConnectStrategy.VerifyCallback,
  ) => {
    const { _json: claims } = userInfo as { readonly _json: { readonly sub: string; readonly name: string; readonly groups?: Groups } };
    const user: PassportUser = {
      ...{ id: claims.sub, name: claims.name, groupsInUserInfo: claims.groups ?? [] },
      groupsInIdToken: decodeJwt<{ groups?: Groups }>(String(idToken)).groups ?? [],
      ...{ idToken: String(idToken), accessToken: String(accessToken) },
    };
    done(null, user);
  };
  return new OpenIDConnectStrategy(options, verify);
}

function addRoutes(
  app: express.Express,
  passport: InstanceType<typeof Authenticator>,
  { issuer, url }: { readonly issuer: string; readonly url: string },
): void {
  app.get('/login', passport.authenticate('guestlist'));
  app.get('/callback', passport.authenticate('guestlist', { failureRedirect: '/refused' }), (_request, response) => response.redirect('/'));
  app.get('/', (request, response) => {
    response.json(request.user ?? null);
  });
  app.get('/refused', (_request, response) => {
    response.status(401).send('<h1>Not signed in</h1>');
  });
  app.get('/minutes', (request, response) => {
    const user = request.user as PassportUser | undefined;
    const isOnBoard = user?.groupsInIdToken.includes('board') === true;
    response.status(isOnBoard ? 200 : 403).send(`<h1>${isOnBoard ? 'Minutes of the board' : 'For the board alone'}</h1>`);
  });
  app.get('/logout', (request, response, next) => {
    const { idToken = '' } = (request.user ?? {}) as Partial<PassportUser>;
    const query = new URLSearchParams({ id_token_hint: idToken, post_logout_redirect_uri: `${url}/` });
    request.logout((error) => (error ? next(error) : response.redirect(`${issuer}/session/end?${query}`)));
  });
  // Express knows an error handler by its four parameters.
  app.use((error: Error, _request: Request, response: Response, _next: NextFunction) => {
    response.status(500).send(`<h1>${error.name}</h1><p>${error.message}</p>`);
  });
}

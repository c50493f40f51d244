/** `/admin/apps` and what lies below; an app may have any id, so that what is no app lies beside. */
import type Router from '@koa/router';
import { editClaims, showClaims } from './app-claims.ts';
import { createApp, showApps, showNewApp } from './app-list.ts';
import {
  askAppRemoval,
  changeAppSettings,
  forgetAppSecret,
  removeApp,
  rotateAppSecret,
  showApp,
  showAppLogouts,
  showAppSettings,
} from './app-page.ts';
import { forgetRegistrationToken, makeRegistrationToken, revokeRegistration, showRegistrationTokens } from './app-registration.ts';
import { forConsole } from './console.ts';
import type { AtConsole } from './routes.ts';
import { requireRecentSignIn } from './step-up.ts';

/** What lets somebody else in takes whoever does it to have been there lately. */
const minutes = 10;
/** Where codes are sent to, and to whom it is open, is among the settings. */
const minutesToChange = 30;

export function appRoutes(router: Router, at: AtConsole): void {
  router.get('/admin/apps', at(forConsole('clients:read', showApps)));
  router.get('/admin/new-app', at(forConsole('clients:write', showNewApp)));
  router.post('/admin/new-app', at(forConsole('clients:write', createApp)));
  router.get('/admin/app-registration', at(forConsole('clients:read', showRegistrationTokens)));
  router.post('/admin/app-registration', at(forConsole('clients:write', requireRecentSignIn(minutes, makeRegistrationToken))));
  router.post('/admin/app-registration/revoke', at(forConsole('clients:write', revokeRegistration)));
  router.post('/admin/app-registration/seen', at(forConsole('clients:read', forgetRegistrationToken)));
  router.get('/admin/apps/:clientId', at(forConsole('clients:read', showApp)));
  router.get('/admin/apps/:clientId/settings', at(forConsole('clients:write', showAppSettings)));
  router.post('/admin/apps/:clientId/settings', at(forConsole('clients:write', requireRecentSignIn(minutesToChange, changeAppSettings))));
  router.get('/admin/apps/:clientId/claims', at(forConsole('clients:write', showClaims)));
  router.post('/admin/apps/:clientId/claims', at(forConsole('clients:write', editClaims)));
  router.post('/admin/apps/:clientId/secrets', at(forConsole('clients:write', requireRecentSignIn(minutes, rotateAppSecret))));
  router.post('/admin/apps/:clientId/secret-seen', at(forConsole('clients:write', forgetAppSecret)));
  router.get('/admin/apps/:clientId/logouts', at(forConsole('clients:read', showAppLogouts)));
  router.get('/admin/apps/:clientId/remove', at(forConsole('clients:write', requireRecentSignIn(minutes, askAppRemoval))));
  router.post('/admin/apps/:clientId/remove', at(forConsole('clients:write', requireRecentSignIn(minutes, removeApp))));
}

/** `/admin/settings` and what lies below, and `/admin/guide`. */
import type Router from '@koa/router';
import { forConsole } from './console.ts';
import { doGuideStep, showGuide, showGuideStep } from './guide.ts';
import type { AtConsole } from './routes.ts';
import { removeLogo, saveLogo, saveSettings, showSettings } from './settings.ts';
import { askRotation, rotate, showKeys, showOverview } from './settings-keys.ts';
import { retryFailed, sendTest, showMailSettings } from './settings-mail.ts';
import { requireRecentSignIn } from './step-up.ts';

const minutes = 10;

export function settingRoutes(router: Router, at: AtConsole): void {
  router.get('/admin/settings', at(forConsole('settings:read', showSettings)));
  router.post('/admin/settings', at(forConsole('settings:write', saveSettings)));
  router.post('/admin/settings/logo', at(forConsole('settings:write', saveLogo)));
  router.post('/admin/settings/logo-away', at(forConsole('settings:write', removeLogo)));
  router.get('/admin/settings/mail', at(forConsole('mail:read', showMailSettings)));
  router.post('/admin/settings/mail', at(forConsole('mail:write', sendTest)));
  router.post('/admin/settings/mail/retry', at(forConsole('mail:write', retryFailed)));
  router.get('/admin/settings/keys', at(forConsole('keys:read', showKeys)));
  for (const [path, atOnce] of [
    ['/admin/settings/keys/rotate', false],
    ['/admin/settings/keys/at-once', true],
  ] as const) {
    router.get(path, at(forConsole('keys:write', requireRecentSignIn(minutes, askRotation(atOnce)))));
    router.post(path, at(forConsole('keys:write', requireRecentSignIn(minutes, rotate(atOnce)))));
  }
  router.get('/admin/settings/overview', at(forConsole('settings:read', showOverview)));
  router.get('/admin/guide', at(forConsole('settings:write', showGuide)));
  router.get('/admin/guide/:step', at(forConsole('settings:write', showGuideStep)));
  router.post('/admin/guide/:step', at(forConsole('settings:write', doGuideStep)));
}

/** Where the pages about people are. Whatever shuts somebody out, or takes all of them along, needs a recent sign-in. */
import type Router from '@koa/router';
import { forConsole } from './console.ts';
import { showPeople } from './people.ts';
import { askAboutPerson, doToPerson, downloadPerson, endOneSession } from './people-deeds.ts';
import { showAccess, showIssued, showPerson, showPersonLog } from './people-page.ts';
import type { AtConsole } from './routes.ts';
import type { ConsolePage } from './site.ts';
import { requireRecentSignIn } from './step-up.ts';

const minutesFor: Readonly<Record<string, number>> = { delete: 10, disable: 15, revoke: 15, signout: 30, reset: 30 };

const carefully = (page: ConsolePage): ConsolePage => {
  return (site, ctx, visitor) => {
    const minutes = minutesFor[String(ctx['params']['deed'])];
    return (minutes === undefined ? page : requireRecentSignIn(minutes, page))(site, ctx, visitor);
  };
};

export function peopleRoutes(router: Router, at: AtConsole): void {
  const reading = (page: ConsolePage) => at(forConsole('accounts:read', page));
  const writing = (page: ConsolePage) => at(forConsole('accounts:write', page));
  router.get('/admin/people', reading(showPeople));
  router.get('/admin/people/:id', reading(showPerson));
  router.get('/admin/people/:id/access', reading(showAccess));
  router.get('/admin/people/:id/invitations', reading(showIssued));
  router.get('/admin/people/:id/log', reading(showPersonLog));
  router.get('/admin/people/:id/data', reading(requireRecentSignIn(15, downloadPerson, 'before')));
  router.post('/admin/people/:id/end-session', writing(endOneSession));
  router.get('/admin/people/:id/:deed', writing(carefully(askAboutPerson)));
  router.post('/admin/people/:id/:deed', writing(carefully(doToPerson)));
}

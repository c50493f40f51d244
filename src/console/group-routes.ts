/** Where the pages about groups are. */
import type Router from '@koa/router';
import { forConsole } from './console.ts';
import { archiveGroup, askToArchive, changeGroup, showChangeGroup } from './group-change.ts';
import { addMember, askToRemove, removeMember, showAddMember } from './group-members.ts';
import { showGroup } from './group-page.ts';
import { setPolicy, showPolicy } from './group-policy.ts';
import { changeRights } from './group-rights.ts';
import { makeGroup, showGroups, showNewGroup } from './groups.ts';
import type { AtConsole } from './routes.ts';
import { requireRecentSignIn } from './step-up.ts';

export function groupRoutes(router: Router, at: AtConsole): void {
  router.get('/admin/groups', at(forConsole('groups:read', showGroups)));
  router.get('/admin/groups/new', at(forConsole('groups:write', showNewGroup)));
  router.post('/admin/groups/new', at(forConsole('groups:write', makeGroup)));
  router.get('/admin/groups/:slug', at(forConsole('groups:read', showGroup)));
  router.get('/admin/groups/:slug/members', at(forConsole('groups:read', showGroup)));
  router.get('/admin/groups/:slug/remove', at(forConsole('memberships:write', askToRemove)));
  router.post('/admin/groups/:slug/remove', at(forConsole('memberships:write', removeMember)));
  router.get('/admin/groups/:slug/add', at(forConsole('groups:write', showAddMember)));
  router.post('/admin/groups/:slug/add', at(forConsole('groups:write', addMember)));
  router.post('/admin/groups/:slug/rights', at(forConsole('groups:write', requireRecentSignIn(30, changeRights))));
  router.get('/admin/groups/:slug/policy', at(forConsole('groups:read', showPolicy)));
  router.post('/admin/groups/:slug/policy', at(forConsole('groups:write', setPolicy)));
  router.get('/admin/groups/:slug/change', at(forConsole('groups:write', showChangeGroup)));
  router.post('/admin/groups/:slug/change', at(forConsole('groups:write', changeGroup)));
  router.get('/admin/groups/:slug/archive', at(forConsole('groups:write', askToArchive)));
  router.post('/admin/groups/:slug/archive', at(forConsole('groups:write', archiveGroup)));
}

/** Where the pages about campaigns are. */
import type Router from '@koa/router';
import { endCards, showCards, showSheet } from './campaign-cards.ts';
import { askToCancel, cancelCampaign, nameRow, resumeCampaign, runCampaign, showRow, showRows } from './campaign-deeds.ts';
import { draftCampaign, makeCampaign, showCheck, showNewCampaign } from './campaign-new.ts';
import { exportCampaign, showCampaign } from './campaign-page.ts';
import { streamProgress } from './campaign-progress.ts';
import { showCampaigns } from './campaigns.ts';
import { forConsole } from './console.ts';
import type { AtConsole } from './routes.ts';
import type { ConsolePage } from './site.ts';

export function campaignRoutes(router: Router, at: AtConsole): void {
  const reading = (page: ConsolePage) => at(forConsole('campaigns:read', page));
  const writing = (page: ConsolePage) => at(forConsole('campaigns:write', page));
  router.get('/admin/campaigns', reading(showCampaigns));
  router.get('/admin/campaigns/new', writing(showNewCampaign));
  router.post('/admin/campaigns/new', writing(draftCampaign));
  router.get('/admin/campaigns/new/:draft', writing(showCheck));
  router.post('/admin/campaigns/new/:draft', writing(makeCampaign));
  router.get('/admin/campaigns/:id', reading(showCampaign));
  router.get('/admin/campaigns/:id/progress', reading(streamProgress));
  router.get('/admin/campaigns/:id/export', reading(exportCampaign));
  router.post('/admin/campaigns/:id/run', writing(runCampaign));
  router.get('/admin/campaigns/:id/cancel', writing(askToCancel));
  router.post('/admin/campaigns/:id/cancel', writing(cancelCampaign));
  router.post('/admin/campaigns/:id/resume', writing(resumeCampaign));
  router.get('/admin/campaigns/:id/cards', writing(showCards));
  router.get('/admin/campaigns/:id/cards/sheet', writing(showSheet));
  router.post('/admin/campaigns/:id/cards/done', writing(endCards));
  router.get('/admin/campaigns/:id/rows', reading(showRows));
  router.get('/admin/campaigns/:id/rows/:position', writing(showRow));
  router.post('/admin/campaigns/:id/rows/:position', writing(nameRow));
}

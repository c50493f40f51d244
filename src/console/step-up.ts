/** What is dangerous takes more than a browser that was left open: whoever does it has lately proved who they are. */
import { addSeconds } from '../lib/clock.ts';
import { readConsoleForm } from './forms.ts';
import { holdForm } from './held-form.ts';
import { beginSignIn } from './sign-in.ts';
import type { ConsolePage } from './site.ts';
import { pageBefore } from './way-back.ts';

/**
 * Stands before a page: whoever has not signed in within the last minutes does so again, and comes back. A form that was
 * sent is shown to them then, to be sent on. Of a file they come back to the page `before`, for it is no page itself.
 */
export function requireRecentSignIn(minutes: number, page: ConsolePage, comeBack: 'here' | 'before' = 'here'): ConsolePage {
  return async (site, ctx, visitor) => {
    const { account, session } = visitor;
    if (addSeconds(session.authenticatedAt, minutes * 60) > site.clock()) return page(site, ctx, visitor);
    const again = { minutes, email: account.email };
    if (['GET', 'HEAD'].includes(ctx.method)) {
      const returnTo = comeBack === 'here' ? ctx.path + ctx.search : pageBefore(site, ctx);
      return beginSignIn(site, ctx, { returnTo, again });
    }
    const fields = await readConsoleForm(site, ctx, visitor);
    const returnTo = await holdForm(site, { accountId: account.id, path: ctx.path, fields });
    await beginSignIn(site, ctx, { returnTo, again });
  };
}

/** The pages of RP-Initiated Logout 1.0: the provider asks, we show. */
import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import type { PageOf, Show } from '../lib/answer.ts';
import { formTargetOf } from '../lib/headers.ts';

export type LogoutPages = {
  /** The form is oidc-provider's own, with a hidden `xsrf`; buttons submit it by its id, `op.logoutForm`, with `logout=yes` to sign out. */
  'oidc/sign-out': { readonly form: string; readonly clientName: string | undefined };
  'oidc/signed-out': { readonly clientName: string | undefined };
};

type Logout = NonNullable<NonNullable<Configuration['features']>['rpInitiatedLogout']>;

export function logoutPages(show: Show<PageOf<LogoutPages>>): Logout {
  return {
    enabled: true,
    logoutSource: (ctx, form) => {
      const data = { form, clientName: clientNameOf(ctx) };
      show(ctx, {
        page: 'oidc/sign-out',
        data,
        formTargets: formTargetOf(ctx.oidc.params?.['post_logout_redirect_uri']),
        uiLocales: ctx.oidc.params?.['ui_locales'],
      });
    },
    postLogoutSuccessSource: (ctx) => show(ctx, { page: 'oidc/signed-out', data: { clientName: clientNameOf(ctx) } }),
  };
}

function clientNameOf({ oidc: { client } }: KoaContextWithOIDC): string | undefined {
  return client && (client.clientName ?? client.clientId);
}

/** The modules of `oidcc-backchannel-rp-initiated-logout-certification-test-plan`: OpenID Connect Back-Channel Logout 1.0. */
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { expect } from 'vitest';
import { answerOf, idTokenClaims, type Modules, signIn } from './trial.ts';
import { expectSignedOut, leave } from './rp-initiated-logout.ts';

export const backchannelLogoutModules: Modules = {
  'oidcc-backchannel-logout-discovery-endpoint-verification': async ({ app, host }) => {
    expect(app.metadata).toMatchObject({ backchannel_logout_supported: true, backchannel_logout_session_supported: true });
    expect(new URL(app.metadata.end_session_endpoint ?? '').origin).toBe(host.issuer);
  },

  'oidcc-backchannel-rp-initiated-logout': async (trial) => {
    const { app, host } = trial;
    const tokens = await signIn(trial);
    host.logoutTokens.length = 0;
    const rest = await leave(trial, { id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: app.client.postLogoutRedirectUri });
    expect(answerOf(rest).href).toBe(app.client.postLogoutRedirectUri);
    expect(host.logoutTokens).toHaveLength(1);
    const keys = createRemoteJWKSet(new URL(app.metadata.jwks_uri ?? ''));
    const { payload } = await jwtVerify(host.logoutTokens[0] ?? '', keys, {
      issuer: host.issuer,
      audience: app.client.id,
      typ: 'logout+jwt',
      algorithms: ['RS256'],
    });
    const { sub, sid } = idTokenClaims(tokens);
    expect(sid).toEqual(expect.any(String));
    expect(payload).toMatchObject({
      sub,
      sid,
      jti: expect.any(String),
      iat: expect.any(Number),
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    });
    expect(payload).not.toHaveProperty('nonce');
    await expectSignedOut(trial);
  },
};

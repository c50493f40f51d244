/** What somebody asks for at `/login`, which is also this app's `initiate_login_uri` (OpenID Connect Core §4). Pure. */
import { Refusal } from './refusal.ts';

const prompts = ['create', 'login', 'consent', 'select_account', 'none'] as const;
type LoginPrompt = (typeof prompts)[number];

export type LoginRequest = {
  /** An absolute address of this app. */
  readonly returnTo: string;
  readonly loginHint: string | undefined;
  readonly prompt: LoginPrompt | undefined;
  readonly invite: string | undefined;
};

export function readLoginRequest(query: URLSearchParams, own: { readonly issuer: string; readonly baseUrl: string }): LoginRequest {
  const issuer = single(query, 'iss');
  if (issuer !== undefined && issuer !== own.issuer) throw new Refusal('foreign_issuer');
  return {
    returnTo: ownAddress(single(query, 'target_link_uri'), own.baseUrl),
    loginHint: single(query, 'login_hint'),
    prompt: readPrompt(single(query, 'prompt')),
    invite: readInvite(single(query, 'invite')),
  };
}

/** The token out of a whole link `…/invite/TOKEN`, also with a sentence around it; anything else as it was typed. */
export function readInvite(typed: string | undefined): string | undefined {
  const text = typed?.trim();
  return text?.match(/\/invite\/([A-Za-z0-9_-]+)/)?.[1] ?? (text || undefined);
}

function single(query: URLSearchParams, name: string): string | undefined {
  const [value, ...more] = query.getAll(name);
  if (more.length > 0) throw new Refusal('bad_request');
  return value || undefined;
}

function readPrompt(value: string | undefined): LoginPrompt | undefined {
  const prompt = prompts.find((known) => known === value);
  if (value !== undefined && prompt === undefined) throw new Refusal('bad_request');
  return prompt;
}

function ownAddress(target: string | undefined, baseUrl: string): string {
  const home = new URL('/', baseUrl);
  const url = target === undefined ? null : URL.parse(target);
  return url?.origin === home.origin ? url.href : home.href;
}

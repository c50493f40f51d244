/** The modules of `oidcc-basic-certification-test-plan`: the authorization code flow with `client_secret_basic`. */
import { claimModules } from './basic-claims.ts';
import { parameterModules } from './basic-parameters.ts';
import { refusalModules } from './basic-refusals.ts';
import { sessionModules } from './basic-sessions.ts';
import { tokenModules } from './basic-tokens.ts';
import type { Modules } from './trial.ts';

export const basicModules: Modules = { ...tokenModules, ...claimModules, ...parameterModules, ...sessionModules, ...refusalModules };

/** The pages about apps: what their templates get. */
import type { FailureCode } from '../errors.ts';
import type { FieldErrors, Fields } from '../lib/form.ts';
import type { ConsoleForm } from './forms.ts';

export type Choice = { readonly value: string; readonly label: string };

export type GroupChoice = Choice & { readonly isArchived: boolean };

/** Of one app, on each of its pages. */
export type AppHead = {
  readonly id: string;
  readonly name: string;
  readonly listHref: string;
  readonly href: string;
  readonly tabs: Readonly<Record<'overview' | 'settings' | 'told' | 'logouts', string>>;
};

export type AppRow = {
  readonly id: string;
  readonly name: string;
  readonly href: string;
  readonly requiredGroup: string | undefined;
  readonly preset: string | undefined;
  readonly createdAt: Date;
};

/** Something that is wrong, or could be. `row` is that of the editor; undefined: it is about all of them. */
export type ShownFinding = {
  readonly code: string;
  readonly isRefusal: boolean;
  readonly row: number | undefined;
  readonly params: Readonly<Record<string, string | number>>;
};

export type TokenPlace = 'idToken' | 'userinfo' | 'accessToken' | 'introspection';

export type ShownPreview = {
  readonly person: string;
  /** Undefined: nothing is told there. */
  readonly tokens: readonly { readonly place: TokenPlace; readonly text: string | undefined }[];
  /** Of the claims that the mappings write, in bytes. */
  readonly size: number;
  readonly limit: number;
};

export type AppsData = {
  'console/apps': { readonly apps: readonly AppRow[]; readonly newHref: string; readonly registrationHref: string };
  'console/app-new': ConsoleForm & {
    readonly presets: readonly { readonly id: string; readonly name: string }[];
    readonly groups: readonly Choice[];
    readonly typed: Fields;
    readonly errors: FieldErrors;
    readonly complaint: string | undefined;
    readonly listHref: string;
  };
  'console/app': {
    readonly app: AppHead;
    readonly facts: {
      readonly authMethod: string;
      readonly requiredGroup: string | undefined;
      readonly preset: string | undefined;
      readonly createdAt: Date;
      readonly isFirstParty: boolean;
      readonly startUrl: string | undefined;
    };
    readonly endpoints: { readonly issuer: string; readonly discovery: string };
    /** Told this once, and for some minutes. */
    readonly told: (ConsoleForm & { readonly secret: string; readonly until: Date }) | undefined;
    readonly snippet: { readonly place: string; readonly text: string } | undefined;
    readonly findings: readonly ShownFinding[];
    /** How to try it: as the app begins itself, or by a request that asks nobody anything. */
    readonly trial: { readonly kind: 'initiated' | 'start' | 'silent'; readonly href: string } | undefined;
    readonly secrets: readonly { readonly createdAt: Date; readonly endsAt: Date | undefined }[];
    /** Undefined: it has no secrets. */
    readonly rotate: ConsoleForm | undefined;
    readonly removeHref: string;
  };
  'console/app-settings': ConsoleForm & {
    readonly app: AppHead;
    readonly typed: Fields;
    readonly errors: FieldErrors;
    readonly complaint: string | undefined;
    /** Archived ones too, where the app has them: it would lose them by the next change. */
    readonly groups: readonly GroupChoice[];
    readonly isRegisteredByItself: boolean;
  };
  'console/app-claims': ConsoleForm & {
    readonly app: AppHead;
    readonly rows: readonly Fields[];
    readonly isUsual: boolean;
    readonly errors: FieldErrors;
    readonly person: string;
    readonly findings: readonly ShownFinding[];
    readonly preview: ShownPreview | undefined;
    readonly refusal: FailureCode | undefined;
  };
  'console/app-logouts': {
    readonly app: AppHead;
    readonly logouts: readonly {
      readonly person: string;
      readonly personHref: string;
      readonly state: 'done' | 'failed' | 'waiting';
      readonly queuedAt: Date;
      readonly attempts: number;
      readonly failure: string | undefined;
    }[];
    readonly takesLogouts: boolean;
  };
  'console/app-remove': ConsoleForm & { readonly app: AppHead; readonly typed: Fields; readonly errors: FieldErrors };
  'console/app-registration': {
    readonly isOn: boolean;
    readonly endpoint: string;
    readonly make: ConsoleForm;
    readonly revoke: ConsoleForm;
    readonly typed: Fields;
    readonly errors: FieldErrors;
    readonly told: (ConsoleForm & { readonly secret: string; readonly until: Date }) | undefined;
    readonly tokens: readonly {
      readonly id: string;
      readonly usesLeft: number;
      readonly uses: number;
      readonly createdAt: Date;
      readonly endsAt: Date;
    }[];
    readonly listHref: string;
  };
};

/** The pages about settings, and the guide: what their templates get. */
import type { FieldErrors, Fields } from '../lib/form.ts';
import type { MailRecord } from '../mail/records.ts';
import type { SettingSource } from '../setting/setting.ts';
import type { Choice } from './app-data.ts';
import type { ConsoleForm } from './forms.ts';

export type SettingTabs = Readonly<Record<'brand' | 'mail' | 'keys' | 'overview', string>>;

/** What is drawn of a colour, and how well it can be read. */
export type SchemePreview = {
  readonly scheme: 'light' | 'dark';
  readonly paper: string;
  readonly card: string;
  readonly ink: string;
  readonly accent: string;
  readonly onAccent: string;
  readonly contrast: number;
  readonly isEnough: boolean;
  /** Undefined: it is good as it is. */
  readonly nearest: string | undefined;
};

export type SettingsData = {
  'console/settings': ConsoleForm & {
    readonly tabs: SettingTabs;
    readonly typed: Fields;
    readonly errors: FieldErrors;
    readonly sources: Readonly<Record<string, SettingSource>>;
    readonly schemes: readonly SchemePreview[];
    readonly languageChoices: readonly Choice[];
    readonly logo: { readonly href: string; readonly width: number; readonly height: number } | undefined;
    readonly logoForm: ConsoleForm;
    readonly removeLogo: ConsoleForm;
  };
  'console/settings-mail': ConsoleForm & {
    readonly tabs: SettingTabs;
    /** Undefined: it is kept, and sent to nobody. */
    readonly from: string | undefined;
    readonly mailboxHref: string | undefined;
    readonly typed: Fields;
    readonly errors: FieldErrors;
    readonly failures: readonly {
      readonly id: string;
      readonly to: string | undefined;
      readonly kind: string;
      readonly at: Date;
      readonly failure: string;
    }[];
    readonly retry: ConsoleForm;
    readonly selector: string;
    readonly records: readonly (Pick<MailRecord, 'kind' | 'name' | 'wanted'> & Partial<Pick<MailRecord, 'state' | 'found'>>)[];
    readonly pageHref: string;
  };
  'console/settings-keys': {
    readonly tabs: SettingTabs;
    readonly rotationDays: number;
    readonly keys: readonly {
      readonly id: string;
      readonly algorithm: string;
      readonly state: 'waiting' | 'signing' | 'retiring' | 'retired';
      readonly createdAt: Date;
      readonly signsFrom: Date;
      readonly signsUntil: Date | undefined;
      readonly publishedUntil: Date | undefined;
    }[];
    readonly rotateHref: string;
    readonly atOnceHref: string;
  };
  'console/settings-rotate': ConsoleForm & {
    readonly atOnce: boolean;
    readonly keysHref: string;
    readonly typed: Fields;
    readonly errors: FieldErrors;
  };
  'console/settings-overview': {
    readonly tabs: SettingTabs;
    readonly facts: {
      readonly issuer: string;
      readonly registration: 'invited' | 'nobody';
      readonly clientRegistration: 'off' | 'token';
      readonly mailFrom: string | undefined;
      readonly keyRotationDays: number;
      readonly passwordLength: number;
      readonly sessionDays: number;
      readonly idTokenMinutes: number;
      readonly versions: { readonly api: string; readonly node: string };
    };
    readonly groups: readonly {
      readonly name: string;
      readonly href: string;
      readonly who: string;
      readonly channels: readonly string[];
      readonly approval: boolean;
      readonly pinForLinks: boolean;
      readonly domains: readonly string[];
    }[];
    readonly hasMoreGroups: boolean;
    readonly groupsHref: string;
  };
  'console/guide': {
    readonly steps: readonly { readonly step: GuideStep; readonly href: string; readonly isDone: boolean }[];
    readonly at: GuideStep;
    readonly form: ConsoleForm;
    readonly typed: Fields;
    readonly errors: FieldErrors;
    readonly complaint: string | undefined;
    readonly nextHref: string;
    readonly mail: { readonly from: string | undefined; readonly mailboxHref: string | undefined; readonly own: string };
    readonly presets: readonly { readonly id: string; readonly name: string }[];
    readonly groups: readonly Choice[];
    readonly schemes: readonly SchemePreview[];
    readonly dashboardHref: string;
  };
};

export const guideSteps = ['brand', 'mail', 'group', 'app', 'invite'] as const;
export type GuideStep = (typeof guideSteps)[number];

/** The pages about rights, and what each is given. The templates are `views/console/right*.eta`. */
import type { FieldErrors, Fields } from '../lib/form.ts';
import type { ConsoleForm } from './forms.ts';

/** Somebody who has it by themselves. */
export type Holder = {
  readonly name: string;
  readonly email: string | undefined;
  readonly href: string;
  readonly since: Date;
  readonly until: Date | undefined;
  /** Undefined: given by hand. */
  readonly invitationHref: string | undefined;
  readonly inviterName: string | undefined;
  readonly takeHref: string;
};

export type RightPageData = {
  readonly name: string;
  readonly description: string;
  readonly groups: readonly { readonly name: string; readonly href: string }[];
  readonly holders: readonly Holder[];
  readonly give: ConsoleForm;
  readonly typed: Fields;
  readonly errors: FieldErrors;
  readonly startHref: string | undefined;
  readonly nextHref: string | undefined;
};

export type RightData = {
  'console/rights': ConsoleForm & {
    readonly typed: Fields;
    readonly errors: FieldErrors;
    /** More than these are told as more. */
    readonly most: number;
    readonly rights: readonly {
      readonly name: string;
      readonly description: string;
      readonly href: string;
      readonly groups: readonly string[];
      readonly count: number;
    }[];
  };
  'console/right': RightPageData;
  'console/right-take': ConsoleForm & {
    readonly right: string;
    readonly person: string;
    readonly hidden: Fields;
    readonly backHref: string;
  };
};

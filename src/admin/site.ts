/** What the operations need of the server; the wiring makes one (`server/app.ts`, and the command line by itself). */
import type { Database } from '../lib/db.ts';
import type { Clock } from '../lib/clock.ts';
import type { Random } from '../lib/random.ts';
import type { Renderer } from '../lib/page.ts';
import type { Seal } from '../lib/seal.ts';
import type { Client } from '../client/client.ts';
import type { Preview, PreviewWish } from '../oidc/preview.ts';
import type { Guestlist } from '../plugin.ts';
import type { SignIns } from '../portal/sign-ins.ts';
import type { LiveSettings } from '../setting/live.ts';

export type AdminSite = {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly issuer: string;
  readonly seal: Seal;
  readonly guestlist: Guestlist;
  readonly signIns: SignIns;
  readonly renderer: Renderer;
  readonly settings: LiveSettings;
  /** What only the environment says. */
  readonly facts: {
    /** Undefined: mail is kept. */
    readonly mailFrom: string | undefined;
    readonly mailHost: string | undefined;
    readonly registration: 'invited' | 'nobody';
    readonly clientRegistration: 'off' | 'token';
    /** 0: they are not rotated by themselves. */
    readonly keyRotationDays: number;
  };
  readonly brand: string;
  /** Where help can be asked for, `mailto:` or `https:`. */
  readonly support: string | undefined;
  /** Would the provider accept it? Its complaint, or undefined. */
  readonly complaintAboutClient: (client: Client) => string | undefined;
  /** From a transaction, it is of what is only being thought of. */
  readonly preview: (wish: PreviewWish, from: Database) => Promise<Preview>;
};

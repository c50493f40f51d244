/** What the stories about members’ own invitations share: who invites, and how the pages are read. */
import type { Rest } from '../support/browser.ts';
import { createSetting, type Member, type Setting } from '../journeys/setting.ts';

export const submit = 'Make the invitation';

export type Inviting = {
  readonly setting: Setting;
  /** Manages two groups. */
  readonly maya: Member;
  /** May invite to one group, within limits: its form comes at once. */
  readonly pia: Member;
};

export async function createInviting(): Promise<Inviting> {
  const setting = await createSetting({ choir: 'Kammerchor Nord', stage: 'Stage crew', board: 'Board' });
  const maya = await setting.member('maya', { groups: ['choir:manager', 'stage:manager'] });
  const pia = await setting.member('pia', { groups: ['stage'] });
  await setting.guestlist.setPolicy('stage', { who: 'members', maxLifetimeSeconds: 3 * 24 * 3600, maxPlaces: 10 });
  return { setting, maya, pia };
}

export const newPage = ({ browser }: Member, group = 'choir') => browser.open(`/me/invitations/new?group=${group}`);

export async function make(member: Member, fields: Readonly<Record<string, string>>, group?: string): Promise<Rest> {
  return member.browser.submit(await newPage(member, group), submit, fields);
}

export const linkOn = ({ $ }: Rest) => String($('#url').val() ?? '');
export const textOn = ({ $ }: Rest) =>
  $('main')
    .text()
    .replace(/\s+/g, ' ')
    .replace(/[\u2068\u2069]/g, '');
export const idOf = ({ url }: Rest) => /invitations\/([\w-]+)/.exec(url)?.[1] ?? '';

/** Who invites whom to what, in all samples. */
export const now = new Date('2026-11-21T10:00:00Z');
export const brand = 'Guestlist';

export const expiresAt = new Date('2026-11-26T18:00:00Z');
export const choir = {
  kind: 'group',
  name: 'Kammerchor Nord',
  description: 'See rehearsal plans and download sheet music',
  role: undefined,
  isNew: true,
  endsAt: undefined,
} as const;
export const stage = {
  kind: 'group',
  name: 'Stage crew',
  description: 'Set up for the concerts',
  role: 'manager',
  isNew: true,
  endsAt: undefined,
} as const;
export const board = {
  kind: 'group',
  name: 'Friends of the choir',
  description: '',
  role: 'treasurer',
  isNew: false,
  endsAt: new Date('2027-02-19T10:00:00Z'),
} as const;
const wiki = {
  kind: 'right',
  name: 'wiki:edit',
  description: 'Write in the wiki',
  role: undefined,
  isNew: true,
  endsAt: undefined,
} as const;
const bareRight = { kind: 'right', name: 'files:read', description: '', role: undefined, isNew: true, endsAt: undefined } as const;

export const message = 'Dear Ada,\nwe sing Bach this winter – see choir.example.org. Do come along.';
export const offer = { inviterName: 'Maya Lind', message: '', lines: [choir], expiresAt };
export const large = { ...offer, message, lines: [choir, stage, board, wiki] };
export const nameless = { ...offer, inviterName: undefined, message, lines: [choir, stage], expiresAt: new Date('2026-11-21T12:30:00Z') };
export const rights = { ...offer, inviterName: undefined, lines: [wiki, bareRight], expiresAt: new Date('2026-11-21T10:20:00Z') };
export const ada = { name: 'Ada Park', email: 'ada@example.org' };
export const unmailed = { name: 'Ben', email: undefined };

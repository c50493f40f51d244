/** For each preset: the group that its printed configuration lets in, and how the app tells by what it has read. */
import type { Snippet } from '../../src/client/presets.ts';
import { jmesPath, readers, type Told } from '../client/readers.ts';

export type Door = {
  /** Whoever is in it gets in. */
  readonly group: string;
  /** Whether the printed configuration names it; elsewhere it is named inside the app. */
  readonly isPrinted: boolean;
  /** What the app does with the claims of somebody who signs in. */
  readonly letsIn: (told: Told, printed: Snippet) => boolean;
};

function reading(id: string, wanted: string) {
  return (told: Told): boolean => {
    const groups = readers[id]?.(told);
    return groups !== undefined && groups !== 'refused' && groups.includes(wanted);
  };
}

function printed(id: string, group: string): Door {
  return { group, isPrinted: true, letsIn: reading(id, group) };
}

function named(id: string, group: string, wanted = group): Door {
  return { group, isPrinted: false, letsIn: reading(id, wanted) };
}

export const doors: Readonly<Record<string, Door>> = {
  grafana: {
    group: 'grafana-admins',
    isPrinted: true,
    letsIn: ({ idToken }, { text }) => jmesPath(/^role_attribute_path = (.*)$/m.exec(text)?.[1] ?? '', idToken) === 'Admin',
  },
  gitlab: printed('gitlab', 'gitlab-users'),
  'argo-cd': printed('argo-cd', 'argocd-admins'),
  kubernetes: named('kubernetes', 'choir', 'oidc:choir'),
  vault: printed('vault', 'choir'),
  minio: named('minio', 'minio-readers', 'readonly'),
  'proxmox-ve': named('proxmox-ve', 'choir', 'choir-guestlist'),
  harbor: printed('harbor', 'harbor-admins'),
  jenkins: named('jenkins', 'choir'),
  'oauth2-proxy': printed('oauth2-proxy', 'choir'),
  'mod-auth-openidc': printed('mod-auth-openidc', 'choir'),
  'cloudflare-access': named('cloudflare-access', 'choir'),
  nextcloud: named('nextcloud', 'choir'),
  gitea: printed('gitea', 'gitea-admins'),
  directus: printed('directus', 'choir'),
  synapse: printed('synapse', 'matrix-users'),
  jellyfin: printed('jellyfin', 'jellyfin-users'),
};

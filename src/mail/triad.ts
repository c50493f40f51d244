/** A mail is a triad of templates, `views/mail/<kind>.subject`, `.text` and `.html`, that are given the same data. */
import type { Mail } from './outbox.ts';

type Template<Kind extends string> = `mail/${Kind}.subject` | `mail/${Kind}.text` | `mail/${Kind}.html`;

/** Each part is rendered by name. */
export function renderTriad<Kind extends string>(
  kind: Kind,
  render: (template: Template<Kind>) => string,
): Pick<Mail, 'subject' | 'text' | 'html'> {
  return { subject: render(`mail/${kind}.subject`), text: render(`mail/${kind}.text`), html: render(`mail/${kind}.html`) };
}

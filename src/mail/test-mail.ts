/** A mail that says nothing but that mail arrives. For whoever runs the server, so it is in English alone. */
import type { Mail } from './outbox.ts';

export function testMail({ brand, issuer, to }: { readonly brand: string; readonly issuer: string; readonly to: string }): Mail {
  const text = `This is a test of ${brand}, ${issuer}: mail from there arrives here. There is nothing to do.`;
  const html = `<p>${text.replace(/[&<>"]/g, (character) => `&#${character.codePointAt(0)};`)}</p>`;
  return { kind: 'test', to, subject: `${brand}: a test`, text, html };
}

/** docs/claims.md says what a mapping may be; its example must be one, and no knob may be missing. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { claimFormats } from '../../src/client/claim-format.ts';
import { claimMappingsSchema, claimUses } from '../../src/client/mapping-schema.ts';

const text = readFileSync(new URL('../../docs/claims.md', import.meta.url), 'utf8');

it('its example is a list of mappings, and its table has every knob, place and format', () => {
  const [, example = ''] = text.match(/```json\n([\s\S]*?)```/) ?? [];
  const mappings = claimMappingsSchema.parse(JSON.parse(example));
  for (const word of [...mappings.flatMap(Object.keys), ...claimUses, ...claimFormats]) expect(text).toContain(`\`${word}\``);
});

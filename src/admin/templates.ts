/** Templates: invitations that need not be thought out twice. Managers see those for their own groups alone. */
import { z } from 'zod';
import { Failure } from '../errors.ts';
import type { Template } from '../invitation/template.ts';
import { requireMayGive } from './admin-right.ts';
import { newTemplate, template } from './invitation-schema.ts';
import { seesTemplate } from './invitation-wish.ts';
import { type Call, json } from './operation.ts';
import { said, slug } from './schema.ts';

function toShown({ name, wish, createdAt }: Template): z.output<typeof template> {
  return { name, wish: wish as z.output<typeof template>['wish'], createdAt };
}

/** Throws `template_not_found`. */
async function findShown({ guestlist }: Call, wanted: string): Promise<z.output<typeof template>> {
  const found = (await guestlist.listTemplates()).find(({ name }) => name === wanted);
  if (!found) throw new Failure('template_not_found', { name: wanted });
  return toShown(found);
}

export const templateOperations = {
  listTemplates: json({
    scope: 'invitations:read',
    summary: 'All templates, by name',
    answer: z.object({ items: z.array(template) }),
    run: async ({ guestlist, caller }) => {
      const found = await guestlist.listTemplates();
      return { items: found.filter((one) => seesTemplate(caller, one)).map(toShown) };
    },
  }),
  createTemplate: json({
    scope: 'invitations:write',
    adminOnly: true,
    summary: 'Make a template',
    creates: true,
    status: 201,
    body: newTemplate,
    answer: template,
    location: () => '/templates',
    refusals: ['template_exists', 'group_not_found', 'right_not_found', 'client_not_found'],
    example: { body: { name: 'tenors', wish: { groups: ['choir'], maxUses: 5, lifetimeSeconds: 1_209_600 } } },
    run: async (call, { body: { name, wish } }) => {
      // Whoever uses it later may not look again at what it gives, and a rule never does.
      await requireMayGive(call, wish);
      await call.guestlist.addTemplate({ name, wish: said(wish) }, call.by);
      return findShown(call, name);
    },
  }),
  removeTemplate: json({
    scope: 'invitations:write',
    adminOnly: true,
    summary: 'Remove a template; what was made with it stays as it is',
    params: z.strictObject({ templateName: slug }),
    refusals: ['template_not_found'],
    run: async (call, { params: { templateName } }) => {
      await call.guestlist.removeTemplate(templateName, call.by);
      return undefined;
    },
  }),
};

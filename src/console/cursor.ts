/** Where a page of a list begins, as the address has it or a form hands it on. */
import { page } from '../admin/schema.ts';

/** What makes no sense is as if it were not there. */
export const cursorSchema = page.cursor.catch(undefined);

/** What an operation answered, whatever it is: a list, one thing, a file, or nothing. */
import { type OutputOptions, print } from './command.ts';
import { passOn } from './file.ts';
import { factsOf, tableOf } from './table.ts';

/** A file goes out as it is, while it comes. */
export async function printAnswer(options: OutputOptions, answer: unknown): Promise<void> {
  if (answer instanceof Response) return passOn(answer, undefined);
  print(options, { value: answer ?? null, lines: linesOf(answer) });
}

function linesOf(answer: unknown): string[] {
  if (typeof answer !== 'object' || answer === null) return answer === undefined ? ['It is done.'] : [String(answer)];
  if (!('items' in answer) || !Array.isArray(answer.items)) return factsOf({ ...answer });
  const { items, ...rest } = answer;
  const { next, ...facts } = rest as { readonly next?: string };
  return [
    ...(items.length > 0 ? tableOf(items, process.stdout.isTTY ? process.stdout.columns : undefined) : ['There is nothing.']),
    ...factsOf(facts),
    ...(next === undefined ? [] : [`There is more: --query cursor=${next}`]),
  ];
}

/** The results as a table for people. Every result that is not a plain pass has a note that says why. */
export type Result = { readonly level: 'passed' | 'warning' | 'skipped' | 'failed'; readonly notes: readonly string[] };

/** By host, then by module. */
export type Results = ReadonlyMap<string, ReadonlyMap<string, Result>>;

const begin = '<!-- results: begin -->';
const end = '<!-- results: end -->';

/** The document with its table made anew. */
export function withTable(document: string, plans: Readonly<Record<string, readonly string[]>>, results: Results): string {
  const [before, rest] = document.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error('the document has no place for the table');
  return `${before}${begin}\n\n${render(plans, results)}\n${end}${after}`;
}

function render(plans: Readonly<Record<string, readonly string[]>>, results: Results): string {
  const notes: string[] = [];
  const hosts = [...results.keys()];
  const tables = Object.entries(plans).map(([plan, modules]) =>
    [
      `### \`${plan}\`\n`,
      `| module | ${hosts.join(' | ')} |`,
      `|---|${hosts.map(() => '---|').join('')}`,
      ...modules.map((module) => `| \`${module}\` | ${hosts.map((host) => cell(results.get(host)?.get(module), notes)).join(' | ')} |`),
      '',
    ].join('\n'),
  );
  return [...tables, '### Notes\n', ...notes.map((note, index) => `${index + 1}. ${note}`), ''].join('\n');
}

function cell(result: Result | undefined, notes: string[]): string {
  if (!result) return 'not run';
  const numbers = result.notes.map((note) => {
    if (!notes.includes(note)) notes.push(note);
    return `[${notes.indexOf(note) + 1}]`;
  });
  return [result.level, ...numbers].join(' ');
}

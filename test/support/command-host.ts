/** Runs command lines one after the other in one process of their own: loading the program takes longer than most of them. */
import { runProgram } from '../../src/cli/program.ts';

type Call = { readonly id: number; readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> };

let turn: Promise<void> = Promise.resolve();

process.on('message', (call: Call) => {
  turn = turn.then(() => run(call));
});
process.on('disconnect', () => process.exit());

async function run({ id, args, env }: Call): Promise<void> {
  const output = { stdout: '', stderr: '' };
  const restore = (['stdout', 'stderr'] as const).map((name) => {
    const stream = process[name];
    const write = stream.write.bind(stream);
    stream.write = ((text: string | Uint8Array) => {
      output[name] += typeof text === 'string' ? text : Buffer.from(text).toString();
      return true;
    }) as typeof stream.write;
    return () => {
      stream.write = write;
    };
  });
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.exitCode = 0;
  try {
    await runProgram(args);
  } catch (error) {
    output.stderr += `${error instanceof Error ? error.stack : error}\n`;
    process.exitCode = 1;
  }
  for (const undo of restore) undo();
  const exitCode = Number(process.exitCode);
  process.exitCode = 0;
  process.send?.({ id, exitCode, ...output });
}

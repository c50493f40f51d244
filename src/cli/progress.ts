/** A bar on the terminal of somebody who waits for long work; nothing where nobody looks. It goes to stderr: the answer stays clean. */
import { systemClock } from '../lib/clock.ts';
import type { OutputOptions } from './command.ts';

export type Progress = {
  /** Without `total` it only counts. */
  show(done: number, total?: number): void;
  /** Takes the bar away. */
  end(): void;
};

const width = 30;
const silent: Progress = { show: () => undefined, end: () => undefined };
/** The eye sees no more, and a slow line would fill. */
const pauseMs = 100;

/** `what`: `rows read`. */
export function progressOf(what: string, { json = false }: OutputOptions): Progress {
  const { stderr } = process;
  if (!stderr.isTTY || json) return silent;
  let shownAt = 0;
  return {
    show(done, total) {
      const now = systemClock().getTime();
      if (now - shownAt < pauseMs && done !== total) return;
      shownAt = now;
      stderr.write(`\r\u001b[K${barOf(done, total)} ${what}`);
    },
    end: () => void stderr.write('\r\u001b[K'),
  };
}

export function barOf(done: number, total: number | undefined): string {
  if (total === undefined || total === 0) return String(done);
  const part = Math.min(1, done / total);
  const full = Math.round(part * width);
  return `[${'#'.repeat(full)}${'.'.repeat(width - full)}] ${Math.floor(part * 100)} %  ${done} of ${total}`;
}

/** Runs with a bar that is gone afterwards, whatever came of it. */
export async function withProgress<Result>(
  what: string,
  output: OutputOptions,
  work: (progress: Progress) => Promise<Result>,
): Promise<Result> {
  const progress = progressOf(what, output);
  try {
    return await work(progress);
  } finally {
    progress.end();
  }
}

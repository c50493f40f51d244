/** What the system tells about a process number. Linux is read from /proc, which needs no program; elsewhere `ps` knows. */
import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';

const linux = process.platform === 'linux';

/**
 * When the process began, in the system's own words; a later process with the same number has another answer.
 * Undefined when there is none, or only what is left of one that its parent has not collected.
 */
export async function beganAt(pid: number): Promise<string | undefined> {
  const { state, began } = linux ? await linuxState(pid) : await psState(pid);
  return /^[ZX]/.test(state) ? undefined : began;
}

type ProcessState = { readonly state: string; readonly began: string | undefined };

/** proc_pid_stat(5): fields 3 (state) and 22 (start time), counted after the name, which may hold anything. */
async function linuxState(pid: number): Promise<ProcessState> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', began: fields[19] };
}

async function psState(pid: number): Promise<ProcessState> {
  const [state = '', ...began] = (await ps(pid, 'state=,lstart=')).split(/\s+/);
  return { state, began: began.join(' ') || undefined };
}

async function ps(pid: number, fields: string): Promise<string> {
  const { stdout } = await promisify(execFile)('ps', ['-ww', '-o', fields, '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout.trim();
}

/** True also for another user's process, and for one that has ended but was not collected. */
export function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

export async function commandOf(pid: number): Promise<string> {
  return linux ? readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '') : ps(pid, 'command=');
}

/** A database server works in its data folder. Where that cannot be asked, the folder stands in its command. */
export async function worksIn(pid: number, folder: string): Promise<boolean> {
  return linux ? (await readlink(`/proc/${pid}/cwd`).catch(() => '')) === folder : (await commandOf(pid)).includes(folder);
}

/** This boot of this machine, and the container within it: process numbers mean nothing outside. */
export async function thisMachine(): Promise<string> {
  if (!linux) return process.platform;
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return `${boot.trim()} ${await readlink('/proc/self/ns/pid').catch(() => '')}`;
}

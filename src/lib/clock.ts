/** The one source of "now". Everything else takes an instant, or a `Clock` where time passes while it waits. */
export type Clock = () => Date;

// biome-ignore lint/plugin: the single place that reads the machine's clock
export const systemClock: Clock = () => new Date();

export function addSeconds(instant: Date, seconds: number): Date {
  return new Date(instant.getTime() + seconds * 1000);
}

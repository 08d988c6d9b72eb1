import { readFileSync } from 'node:fs';

/** Where steal stands in a line of /proc/stat (proc(5)), its name not counted. */
const STEAL = 7;
/** Of the times behind it, those of guests are in the first two already. */
const COUNTED = 8;

/**
 * Tells later which share of the processors' time since now the host of a virtual machine gave to others.
 * @returns a share of 1; not a number on systems that do not say it
 */
export function stolenSince(): () => number {
  const before = processorTimes();
  return () => {
    const after = processorTimes();
    const spent = after.map((time, n) => time - (before[n] as number));
    return (spent[STEAL] ?? Number.NaN) / spent.reduce((sum, time) => sum + time, 0);
  };
}

function processorTimes(): number[] {
  try {
    const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
    return line
      .trim()
      .split(/\s+/)
      .slice(1, 1 + COUNTED)
      .map(Number);
  } catch {
    return [];
  }
}

import { cpus } from 'node:os';

/** Tells later which share of the time since now the processors had nothing to do. */
export function restedSince(): () => number {
  const times = (): [idle: number, all: number] => {
    const all = cpus().map((cpu) => cpu.times);
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    return [sum(all.map(({ idle }) => idle)), sum(all.flatMap((one) => Object.values(one)))];
  };
  const [idleBefore, allBefore] = times();
  return () => {
    const [idle, all] = times();
    return (idle - idleBefore) / (all - allBefore);
  };
}

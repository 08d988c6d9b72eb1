import { readFileSync } from 'node:fs';

/**
 * Resident bytes of a process, or undefined where the system does not tell (no /proc, or the process is gone).
 * `status` and not `statm`: it counts in kibibytes, so the page size of the machine does not matter.
 */
export function residentBytes(pid: number): number | undefined {
  try {
    const match = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    return match ? Number(match[1]) * 1_024 : undefined;
  } catch {
    return undefined;
  }
}

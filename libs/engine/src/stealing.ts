import type { FinishEstimate } from './finish-estimate.ts';
import type { Host } from './host.ts';
import type { HostQueues } from './host-queues.ts';

/** Bytes to move from a victim to a helper so that both finish at the same time; 0 if the helper would not be earlier. */
export function bytesToMove(
  victim: { readonly load: number; readonly pace: number },
  helper: { readonly load: number; readonly pace: number; readonly latencyMs: number },
): number {
  // (victimLoad - x) / victimPace = latency + (helperLoad + x) / helperPace, solved for x.
  const helperLoad = helper.load + (helper.latencyMs / 1_000) * helper.pace;
  return Math.max(0, (helper.pace * victim.load - victim.pace * helperLoad) / (victim.pace + helper.pace));
}

/** The host with something in its queue that would finish last, other than the helper and those that have only begun. */
export function lastToFinish(
  helper: Host,
  hosts: readonly Host[],
  queues: HostQueues,
  estimate: FinishEstimate,
  now: number,
): Host | undefined {
  let victim: Host | undefined;
  let latest = 0;
  for (const host of hosts) {
    if (host === helper || queues.bytesOf(host.index) === 0 || estimate.isUntried(host, now)) continue;
    const finish = estimate.finishMs(host, now);
    if (finish <= latest) continue;
    victim = host;
    latest = finish;
  }
  return victim;
}

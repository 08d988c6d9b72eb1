import type { Waits } from './step-watch.ts';

/** What the tracker of the mixed benchmark tells, one of these at a time. */
export type MixedReport =
  | { readonly port: number }
  | {
      /** How late timers came, in milliseconds. */
      readonly loop: { readonly p50: number; readonly p99: number; readonly most: number };
      /** What an announce waits for that comes at any moment. */
      readonly steps: Waits;
      readonly cpuSeconds: number;
      readonly savedEntries: number;
    };

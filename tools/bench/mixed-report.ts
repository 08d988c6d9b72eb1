/** What the tracker of the mixed benchmark tells, one of these at a time. */
export type MixedReport =
  | { readonly port: number }
  | {
      /** How late timers came, in milliseconds. */
      readonly loop: { readonly p50: number; readonly p99: number; readonly most: number };
      readonly cpuSeconds: number;
      readonly savedEntries: number;
    };

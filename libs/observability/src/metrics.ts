import { collectDefaultMetrics, Registry } from 'prom-client';

/**
 * Default metrics of prom-client that promtool refuses: gauges named like counters. Each repeats a labelled gauge
 * (`nodejs_active_handles` and so on) that stays.
 */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** A registry of one process: Node's own metrics now, the service's `pageswarm_*` ones as they are made. */
export function createMetricsRegistry(service: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  return registry;
}

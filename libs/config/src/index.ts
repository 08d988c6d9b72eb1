export { NODE_FLAGS } from './node-flags.ts';
export {
  type CommonConfig,
  type PeerConfig,
  readPeerConfig,
  readTrackerConfig,
  readWorkerConfig,
  type TrackerConfig,
  type WorkerConfig,
} from './service-config.ts';
export { MIN_RATE_LIMIT_BYTES, VARIABLES, type VariableName } from './variables.ts';

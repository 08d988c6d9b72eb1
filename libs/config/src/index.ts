export {
  type CommonConfig,
  type PeerConfig,
  readPeerConfig,
  readTrackerConfig,
  readWorkerConfig,
  type TrackerConfig,
  type WorkerConfig,
} from './service-config.ts';
export { VARIABLES, type VariableName } from './variables.ts';

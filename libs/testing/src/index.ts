export { freePorts } from './free-ports.ts';
export { type LyingManner, LyingPeer, type LyingPeerOptions } from './lying-peer.ts';
export { type NoisePdfOptions, noise, noisePdf } from './noise-pdf.ts';
export { type PeerOptions, ProcessSwarm } from './process-swarm.ts';
export { type ServiceName, ServiceProcess } from './service-process.ts';
export { SlowLink } from './slow-link.ts';
export { TemporaryFolders } from './temporary-folders.ts';
export { obstacleToNiceness, threadsChangedBy } from './thread-niceness.ts';
export { waitUntil } from './wait-until.ts';

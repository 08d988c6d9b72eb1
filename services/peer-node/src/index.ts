export { startPeer } from './start-peer.ts';

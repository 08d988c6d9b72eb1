export { Library } from './library/library.service.ts';
export type { LocalDocument } from './library/local-document.ts';
export { startPeer } from './start-peer.ts';

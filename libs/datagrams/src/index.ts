export type { DatagramAnswerer } from './datagram-answerer.ts';
export { DatagramServer, type DatagramServerOptions } from './datagram-server.ts';

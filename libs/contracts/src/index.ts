export * from './document.contract.ts';
export * from './download.contract.ts';
export * from './fields.ts';
export { describeIssues, parseMessage } from './parse-message.ts';
export * from './peer.contract.ts';
export * from './tracker.contract.ts';
export * from './worker.contract.ts';

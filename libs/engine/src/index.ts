export { cascadeShares } from './cascade.ts';
export { Download } from './download.ts';
export type { DownloadCommand, DownloadEvent, HostOffer, RequestOutcome } from './download-events.ts';
export { type DownloadSpec, REST_OWNER, STRUCTURE_OWNER } from './download-spec.ts';
export type { DownloadState, DownloadStatus, HostState, HostStatus, Stalled } from './download-status.ts';
export { type ProbedHost, rankHosts } from './host-ranking.ts';
export * from './limits.ts';
export { apportion, planPages } from './page-plan.ts';
export { STRATEGY_NAMES, type StrategyName } from './strategy-names.ts';

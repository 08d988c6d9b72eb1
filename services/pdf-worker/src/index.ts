export { type RunningWorker, startPdfWorker, type WorkerOptions } from './start-worker.ts';

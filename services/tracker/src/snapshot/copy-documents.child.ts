// The thread that reads the documents of a copy.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../system-clock.ts';
import { openDocuments } from './copy-place.ts';
import { readDocuments } from './documents-thread.ts';
import type { DocumentsOrder } from './restoring-order.ts';
import { loggerOfThread } from './thread-logger.ts';

const port = parentPort as MessagePort;
const order = workerData as DocumentsOrder;
const logger = loggerOfThread((report) => port.postMessage(report));
await readDocuments(port, order, openDocuments(order.place, logger), systemClock);

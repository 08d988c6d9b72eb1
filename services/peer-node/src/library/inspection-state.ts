import { NOT_INSPECTED } from './document-record.ts';
import type { LocalDocument } from './local-document.ts';

/** Reasons that were the worker's or the disk's and not the document's. */
const PASSING_REASONS = ['WORKER_UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CONNECTION_LOST', 'GOING_AWAY', 'STORE_FULL', 'STORE_FAILED'];

/** True while a pdf-worker has still to look at the document: nobody has, or what was in the way may be gone. */
export function isInspectionPending({ record: { inspection } }: Pick<LocalDocument, 'record'>): boolean {
  if (inspection.error) return PASSING_REASONS.includes(inspection.error.code);
  return inspection.pages === null && inspection.mapReason === NOT_INSPECTED.mapReason;
}

import { type DocumentLayout, type Inspection, UNKNOWN_LAYOUT } from '@pageswarm/contracts';
import type { ErrorShape } from '@pageswarm/primitives';
import type { MapValue } from './map-job.ts';
import type { TextValue } from './text-job.ts';

/** What became of one of the two jobs of an inspection. */
export type Finding<Value> = { readonly value: Value } | { readonly error: ErrorShape };

/** A linear map that takes the place of the job's. */
export interface LinearMap {
  readonly pageCount: number;
  readonly reason: string;
}

export interface Verdict {
  readonly inspection: Inspection;
  /** Undefined if the map that the job made is the one to keep. */
  readonly linear: LinearMap | undefined;
}

/** The longest reason in an inspection, in characters. */
const MAX_REASON_LENGTH = 300;

/**
 * Makes one account of what the page map and PDFium say. PDFium's count of pages is the one that people see; a map that
 * counts otherwise is not to be trusted with pages, and is replaced by a linear one.
 */
export function reconcile(map: Finding<MapValue>, text: Finding<TextValue>): Verdict {
  const mapValue = 'value' in map ? map.value : undefined;
  const textValue = 'value' in text ? text.value : undefined;
  const mapPages = mapValue?.mapped ? mapValue.pageCount : undefined;
  const pages = textValue?.pages ?? mapPages ?? null;
  const linear = linearInstead(map, pages);
  const needsPassword = ('error' in text && text.error.code === 'PDF_PASSWORD') || (!textValue && mapValue?.needsPassword === true);
  return {
    linear,
    inspection: {
      pages,
      words: textValue ? [...textValue.words] : null,
      extractor: textValue?.extractor ?? null,
      title: textValue?.title ?? null,
      author: textValue?.author ?? null,
      mapped: linear === undefined,
      mapReason: linear?.reason ?? null,
      encrypted: textValue?.encrypted ?? (mapValue?.encrypted === true || needsPassword),
      needsPassword,
      error: 'error' in text ? text.error : null,
    },
  };
}

/** What is known of the pages beside their words. */
export function layoutOf(text: Finding<TextValue>): DocumentLayout {
  if ('error' in text) return UNKNOWN_LAYOUT;
  const { outline, pageLabels, pageSizes } = text.value;
  return { outline, pageLabels, pageSizes };
}

function linearInstead(map: Finding<MapValue>, pages: number | null): LinearMap | undefined {
  const linear = (reason: string): LinearMap => ({ pageCount: pages ?? 1, reason: reason.slice(0, MAX_REASON_LENGTH) });
  if ('error' in map) return linear(map.error.detail);
  const { mapped, pageCount, reason } = map.value;
  if (!mapped) return linear(reason ?? 'its structure could not be read');
  if (pages !== null && pages !== pageCount) return linear(`the page map finds ${pageCount} pages where PDFium finds ${pages}`);
  return undefined;
}

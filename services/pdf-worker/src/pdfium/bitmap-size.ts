import { MAX_RENDER_HEIGHT, MAX_RENDER_PIXELS } from './limits.ts';

/**
 * The size of a bitmap for a page of `pageWidth` x `pageHeight` points: `width` pixels wide, in the page's proportions.
 * A page that would be higher, or hold more pixels, than allowed is drawn smaller; one without a size is drawn square.
 */
export function bitmapSize(pageWidth: number, pageHeight: number, width: number): { readonly width: number; readonly height: number } {
  const ratio = pageHeight / pageWidth;
  const shape = Number.isFinite(ratio) && ratio > 0 ? ratio : 1;
  const widest = Math.min(width, MAX_RENDER_HEIGHT / shape, Math.sqrt(MAX_RENDER_PIXELS / shape));
  const pixelsWide = Math.max(1, Math.floor(widest));
  const pixelsHigh = Math.max(1, Math.min(MAX_RENDER_HEIGHT, Math.round(pixelsWide * shape)));
  return { width: pixelsWide, height: Math.min(pixelsHigh, Math.floor(MAX_RENDER_PIXELS / pixelsWide)) };
}

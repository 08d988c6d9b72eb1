import type { OpenFile } from './file-operations.ts';

/** Writes all parts, however often the system cuts a write short. A disk that takes nothing without an error would loop: it fails. */
export async function writeWhole(file: OpenFile, parts: readonly Uint8Array[], position: number): Promise<void> {
  let left = parts;
  let at = position;
  while (left.length > 0) {
    const written = await file.write(left, at);
    if (written <= 0) throw new Error(`A write at ${at} took no bytes`);
    at += written;
    left = after(left, written);
  }
}

/** Reads until `target` is full or the file ends. @returns how many bytes were read */
export async function readWhole(file: OpenFile, target: Uint8Array, position: number): Promise<number> {
  let filled = 0;
  while (filled < target.length) {
    const read = await file.read(target.subarray(filled), position + filled);
    if (read <= 0) break;
    filled += read;
  }
  return filled;
}

function after(parts: readonly Uint8Array[], written: number): readonly Uint8Array[] {
  let skip = written;
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index] as Uint8Array;
    if (skip < part.length) return [part.subarray(skip), ...parts.slice(index + 1)];
    skip -= part.length;
  }
  return [];
}

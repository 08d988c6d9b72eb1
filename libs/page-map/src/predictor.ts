import { isInteger, type PdfDictionary } from './pdf-values.ts';

/** The widest row that a predictor may have, in bytes. */
export const MAX_PREDICTOR_ROW_BYTES = 1_048_576;

/** Undoes the predictor that /DecodeParms names (ISO 32000-1, 7.4.4.4); undefined if the parameters make no sense. */
export function undoPredictor(data: Uint8Array | undefined, parameters: PdfDictionary | undefined): Uint8Array | undefined {
  const predictor = parameters?.get('Predictor') ?? 1;
  if (!data || !parameters || predictor === 1 || predictor === null) return data;
  const number = (key: string, fallback: number): number => {
    const value = parameters.get(key);
    return isInteger(value) ? value : fallback;
  };
  const colors = number('Colors', 1);
  const bitsPerComponent = number('BitsPerComponent', 8);
  const columns = number('Columns', 1);
  if (colors < 1 || colors > 64 || ![1, 2, 4, 8, 16].includes(bitsPerComponent) || columns < 1) return undefined;
  const rowBytes = Math.ceil((colors * bitsPerComponent * columns) / 8);
  if (rowBytes > MAX_PREDICTOR_ROW_BYTES) return undefined;
  const pixelBytes = Math.max(1, (colors * bitsPerComponent) >> 3);
  if (predictor === 2) return bitsPerComponent === 8 ? undoTiff(data, rowBytes, colors) : undefined;
  return isInteger(predictor) && predictor >= 10 ? undoPng(data, rowBytes, pixelBytes) : undefined;
}

function undoTiff(data: Uint8Array, rowBytes: number, colors: number): Uint8Array {
  const bytes = Uint8Array.from(data);
  for (let row = 0; row < bytes.length; row += rowBytes)
    for (let at = row + colors; at < Math.min(row + rowBytes, bytes.length); at++)
      bytes[at] = (bytes[at] as number) + (bytes[at - colors] as number);
  return bytes;
}

function undoPng(data: Uint8Array, rowBytes: number, pixelBytes: number): Uint8Array {
  const rows = Math.ceil(data.length / (rowBytes + 1));
  const bytes = new Uint8Array(rows * rowBytes);
  let length = 0;
  for (let row = 0; row < rows; row++) {
    const source = row * (rowBytes + 1) + 1;
    const target = row * rowBytes;
    const type = data[source - 1];
    const count = Math.min(rowBytes, data.length - source);
    for (let index = 0; index < count; index++) {
      const left = index >= pixelBytes ? (bytes[target + index - pixelBytes] as number) : 0;
      const up = row > 0 ? (bytes[target + index - rowBytes] as number) : 0;
      const corner = row > 0 && index >= pixelBytes ? (bytes[target + index - rowBytes - pixelBytes] as number) : 0;
      bytes[target + index] = (data[source + index] as number) + predicted(type, left, up, corner);
    }
    length += Math.max(0, count);
  }
  return bytes.subarray(0, length);
}

function predicted(type: number | undefined, left: number, up: number, corner: number): number {
  switch (type) {
    case 1:
      return left;
    case 2:
      return up;
    case 3:
      return (left + up) >> 1;
    case 4: {
      const estimate = left + up - corner;
      const distances = [Math.abs(estimate - left), Math.abs(estimate - up), Math.abs(estimate - corner)] as const;
      if (distances[0] <= distances[1] && distances[0] <= distances[2]) return left;
      return distances[1] <= distances[2] ? up : corner;
    }
    default:
      return 0;
  }
}

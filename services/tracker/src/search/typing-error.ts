/** Bytes that go on with a character in UTF-8 have these two top bits. */
function continuesCharacter(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

/**
 * True if two words in UTF-8 differ by at most one typing error: one character missing, added or replaced, or two
 * neighbours swapped (optimal string alignment distance of at most 1).
 */
export function isWithinOneTypingError(a: Uint8Array, startA: number, endA: number, b: Uint8Array, startB: number, endB: number): boolean {
  let fromA = startA;
  let fromB = startB;
  while (fromA < endA && fromB < endB && a[fromA] === b[fromB]) {
    fromA++;
    fromB++;
  }
  // Characters that begin alike are compared whole.
  while (fromA > startA && (isInside(a, fromA, endA) || isInside(b, fromB, endB))) {
    fromA--;
    fromB--;
  }
  let toA = endA;
  let toB = endB;
  while (toA > fromA && toB > fromB && a[toA - 1] === b[toB - 1]) {
    toA--;
    toB--;
  }
  while (toA < endA && (isInside(a, toA, endA) || isInside(b, toB, endB))) {
    toA++;
    toB++;
  }
  const leftA = charactersIn(a, fromA, toA);
  const leftB = charactersIn(b, fromB, toB);
  if (leftA <= 1 && leftB <= 1) return true;
  return leftA === 2 && leftB === 2 && isSwapped(a, fromA, toA, b, fromB, toB);
}

/** Characters of UTF-8, up to three: more are never asked for. */
function charactersIn(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end && count < 3; at++) if (!continuesCharacter(bytes[at])) count++;
  return count;
}

function isInside(bytes: Uint8Array, at: number, end: number): boolean {
  return at < end && continuesCharacter(bytes[at]);
}

/** Two characters against two: whether one pair is the other the other way round. */
function isSwapped(a: Uint8Array, startA: number, endA: number, b: Uint8Array, startB: number, endB: number): boolean {
  const length = endA - startA;
  if (endB - startB !== length) return false;
  let first = 1;
  while (continuesCharacter(a[startA + first])) first++;
  for (let n = 0; n < length; n++) if (a[startA + n] !== b[startB + ((n + length - first) % length)]) return false;
  return true;
}

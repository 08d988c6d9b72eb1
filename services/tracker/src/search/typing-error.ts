/**
 * True if two words differ by at most one typing error: one letter missing, added or replaced, or two neighbours swapped
 * (optimal string alignment distance of at most 1).
 */
export function isWithinOneTypingError(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (long.length - short.length > 1) return false;
  let start = 0;
  while (start < short.length && short.charCodeAt(start) === long.charCodeAt(start)) start++;
  let shortEnd = short.length;
  let longEnd = long.length;
  while (shortEnd > start && short.charCodeAt(shortEnd - 1) === long.charCodeAt(longEnd - 1)) {
    shortEnd--;
    longEnd--;
  }
  const left = longEnd - start;
  if (left <= 1) return true;
  return (
    left === 2 &&
    shortEnd - start === 2 &&
    short.charCodeAt(start) === long.charCodeAt(start + 1) &&
    short.charCodeAt(start + 1) === long.charCodeAt(start)
  );
}

/**
 * Which letters a word has, one of 32 bits for each class of characters. One typing error changes at most two bits, so
 * that most words of a vocabulary are ruled out without being read.
 */
export function letterSignature(word: string): number {
  let bits = 0;
  for (let i = 0; i < word.length; i++) bits |= 1 << (word.charCodeAt(i) & 31);
  return bits >>> 0;
}

/** True if at most two bits differ. */
export function areSignaturesClose(a: number, b: number): boolean {
  let different = a ^ b;
  different &= different - 1;
  return (different & (different - 1)) === 0;
}

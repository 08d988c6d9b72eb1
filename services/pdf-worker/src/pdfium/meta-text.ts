import { MAX_META_TEXT_CHARACTERS } from './limits.ts';

/** A title or author as it may be shown: no control characters, single spaces, not too long; null when empty. */
export function tidyMetaText(text: string, maxCharacters = MAX_META_TEXT_CHARACTERS): string | null {
  const tidy = text
    .replace(/\p{Cs}/gu, '\ufffd')
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, maxCharacters);
  // The cut may have gone through a surrogate pair.
  const whole = /[\ud800-\udbff]$/.test(tidy) ? tidy.slice(0, -1) : tidy;
  return whole === '' ? null : whole;
}

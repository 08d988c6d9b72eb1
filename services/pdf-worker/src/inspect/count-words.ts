/** The white space of `\s` in JavaScript (ECMA-262 section 12.2), as a table over UTF-16 units. */
const IS_SPACE = new Uint8Array(65_536);
for (const space of '\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff')
  IS_SPACE[space.charCodeAt(0)] = 1;

/** How many whitespace-separated tokens a text of UTF-16 units has. */
export function countWords(units: Uint16Array): number {
  let words = 0;
  let afterSpace = 1;
  for (let index = 0; index < units.length; index++) {
    const space = IS_SPACE[units[index] as number] as number;
    if (afterSpace > space) words++;
    afterSpace = space;
  }
  return words;
}

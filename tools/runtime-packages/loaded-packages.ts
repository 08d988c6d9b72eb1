const LOADED =
  /(?:\bfrom\s*|\bimport\s*\(?\s*|[\w$]*require[\w$]*\s*\(\s*|\bresolve\s*\(\s*)["'`]((?:@[\w.-]+\/)?[\w-][\w.-]*)(?:\/[\w./-]*)?["'`]/g;
/** Lines of documentation, which show imports as examples. */
const COMMENT_LINE = /^\s*(?:\*|\/\/|\/\*).*$/gm;

/** Names of the packages that a bundled source imports or requires; some may be Node's own or not installed. */
export function loadedPackages(source: string): Set<string> {
  return new Set([...source.replace(COMMENT_LINE, '').matchAll(LOADED)].map((match) => match[1] as string));
}

const LOADED =
  /(?:\bfrom\s*|\bimport\s*\(?\s*|\w*require\w*\s*\(\s*|\bresolve\s*\(\s*)["'`]((?:@[\w.-]+\/)?[\w-][\w.-]*)(?:\/[\w./-]*)?["'`]/g;

/** Names of the packages that a bundled source imports or requires; some may be Node's own or not installed. */
export function loadedPackages(source: string): Set<string> {
  return new Set([...source.matchAll(LOADED)].map((match) => match[1] as string));
}

/** The longest file name that is offered, in characters, extension included. */
export const MAX_FILE_NAME_LENGTH = 150;

/**
 * A `Content-Disposition` that offers a file under a name from the network (RFC 6266): path separators, control and
 * reserved characters become `_`, other than ASCII goes into `filename*` (RFC 8187) with a plain twin for old clients.
 */
export function attachment(name: string, extension: string): string {
  const safe = name
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}"*/:<>?\\|]/gu, '_')
    .replace(/^[.\s]+/, '_')
    .trim();
  const file = `${[...safe].slice(0, MAX_FILE_NAME_LENGTH - extension.length).join('') || 'document'}${extension}`;
  const plain = file
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\x20-\x7e]/g, '_')
    .replaceAll('%', '_');
  const encoded = encodeURIComponent(file).replace(/['()]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
  return plain === file ? `attachment; filename="${plain}"` : `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

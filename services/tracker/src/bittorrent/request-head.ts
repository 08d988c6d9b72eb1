/** The paths that are answered in front of the HTTP framework. */
export const PATHS = ['/announce', '/scrape'] as const;

/** A whole request for one of {@link PATHS}, as it lies in the bytes of a connection. */
export interface RequestHead {
  readonly path: (typeof PATHS)[number];
  /** Where its query begins, behind the question mark, and ends. */
  readonly from: number;
  readonly to: number;
  /** Where the request ends. */
  readonly end: number;
  /** The client wants the connection closed after the answer. */
  readonly isLast: boolean;
}

const SPACE = 0x20;
const COLON = 0x3a;
const RETURN = 0x0d;
const NEWLINE = 0x0a;
const LOWER = 0x20;

/** Header fields that change what a request is, or how long: requests with one of them are left to Node's parser. */
const DELICATE = ['content-length', 'transfer-encoding', 'expect', 'upgrade', 'te', 'trailer', 'http2-settings', 'proxy-connection'];
const REQUEST_LINES = { '/announce': 'GET /announce?', '/scrape': 'GET /scrape?' } as const;
const VERSION = ' HTTP/1.1\r\n';

/**
 * Recognises a GET of one of {@link PATHS} that is wholly there and says nothing unusual (RFC 9112).
 * @returns undefined for everything else
 */
export function readHead(bytes: Buffer, start: number): RequestHead | undefined {
  const path = PATHS.find((name) => isText(bytes, start, REQUEST_LINES[name]));
  if (path === undefined) return undefined;
  const from = start + path.length + 5;
  let to = from;
  while (to < bytes.length && (bytes[to] as number) > SPACE && bytes[to] !== 0x7f) to++;
  if (!isText(bytes, to, VERSION)) return undefined;
  let hasHost = false;
  let isLast = false;
  for (let line = to + VERSION.length; ; ) {
    const newline = bytes.indexOf(NEWLINE, line);
    if (newline <= line || bytes[newline - 1] !== RETURN) return undefined;
    if (newline === line + 1) return hasHost ? { path, from, to, end: newline + 1, isLast } : undefined;
    const colon = colonIn(bytes, line, newline);
    if (colon === -1) return undefined;
    switch ((bytes[line] as number) | LOWER) {
      case 0x68: // h
        if (isName(bytes, line, colon, 'host')) {
          // Two of them are an attack on whoever reads the other one.
          if (hasHost) return undefined;
          hasHost = true;
        }
        break;
      case 0x63: // c
        if (isName(bytes, line, colon, 'connection')) {
          const value = bytes
            .toString('latin1', colon + 1, newline - 1)
            .trim()
            .toLowerCase();
          if (value === 'close') isLast = true;
          else if (value !== 'keep-alive') return undefined;
        }
        break;
      default:
    }
    if (DELICATE.some((name) => isName(bytes, line, colon, name))) return undefined;
    line = newline + 1;
  }
}

/** The head of an answer of so many bytes. A tracker's answer is for its asker and for now. */
export function headOf(bytes: number, isLast: boolean): string {
  return `HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncache-control: no-store\r\ncontent-length: ${bytes}\r\n${isLast ? 'connection: close\r\n' : ''}\r\n`;
}

/** Where the name of a field ends. @returns -1 for a line that is no field, or the continuation of one */
function colonIn(bytes: Buffer, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if (byte === COLON) return at > from ? at : -1;
    if (byte <= SPACE || byte >= 0x7f) return -1;
  }
  return -1;
}

function isText(bytes: Buffer, from: number, text: string): boolean {
  if (from + text.length > bytes.length) return false;
  for (let at = 0; at < text.length; at++) if (bytes[from + at] !== text.charCodeAt(at)) return false;
  return true;
}

/** In any case of letters. */
function isName(bytes: Buffer, from: number, to: number, name: string): boolean {
  if (to - from !== name.length) return false;
  for (let at = 0; at < name.length; at++) {
    const byte = bytes[from + at] as number;
    if (byte !== name.charCodeAt(at) && (byte | LOWER) !== name.charCodeAt(at)) return false;
  }
  return true;
}

import { createReadStream } from 'node:fs';
import { parseMessage } from '@pageswarm/contracts';
import type { z } from 'zod';

/** An answer that is a problem (RFC 9457), or something that is none where an answer was due. */
export class RestProblem extends Error {
  override readonly name = 'RestProblem';

  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    request: string,
  ) {
    super(`${request}: ${status} ${code}: ${detail}`);
  }
}

/** Speaks JSON with one HTTP face under `/api/v1`, and checks what comes back against the shape that was agreed. */
export class RestClient {
  private readonly headers: Readonly<Record<string, string>>;

  /** @param base for example `http://127.0.0.1:7180` */
  constructor(
    readonly base: string,
    token: string | undefined = process.env.PAGESWARM_ADMIN_TOKEN,
  ) {
    this.headers = token ? { authorization: `Bearer ${token}` } : {};
  }

  /** @throws RestProblem */
  async get<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
    return parseMessage(schema, await (await this.send('GET', path)).json());
  }

  /** @throws RestProblem */
  async post<Schema extends z.ZodType>(path: string, body: unknown, schema: Schema): Promise<z.output<Schema>> {
    const headers = { 'content-type': 'application/json' };
    return parseMessage(schema, await (await this.send('POST', path, JSON.stringify(body), headers)).json());
  }

  /** Sends a file as the part `file` of a multipart form. @throws RestProblem */
  async upload<Schema extends z.ZodType>(path: string, fileName: string, content: FileContent, schema: Schema): Promise<z.output<Schema>> {
    const { body, headers } = multipart(fileName, content);
    return parseMessage(schema, await (await this.send('POST', path, body, headers)).json());
  }

  /** @throws RestProblem */
  async delete(path: string): Promise<void> {
    await (await this.send('DELETE', path)).arrayBuffer();
  }

  /** The raw answer, for bytes and streams. @throws RestProblem */
  async send(
    method: string,
    path: string,
    body?: string | AsyncIterable<Uint8Array>,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const url = `${this.base}/api/v1/${path}`;
    // A body that streams needs `duplex` (Fetch standard), which the types of Node do not know yet.
    const init = { method, body, headers: { ...this.headers, ...headers }, duplex: 'half' } as unknown as RequestInit;
    const response = await fetch(url, init).catch((cause) => {
      throw new RestProblem(0, 'UNREACHABLE', String((cause as Error).cause ?? cause), `${method} ${url}`);
    });
    if (response.ok) return response;
    const text = await response.text();
    const { code, detail } = readProblem(text);
    throw new RestProblem(response.status, code, detail, `${method} ${url}`);
  }
}

/** A file on disk by its path, or bytes. */
export type FileContent = string | Uint8Array;

/** A multipart form (RFC 7578) with one file, streamed so that its size does not matter. */
function multipart(fileName: string, content: FileContent): { body: AsyncIterable<Uint8Array>; headers: Record<string, string> } {
  const boundary = 'pageswarm-7d1f2c9e4b60a835';
  // The three characters that would end the quoted name are percent-encoded, as browsers do it (HTML standard, form submission).
  const name = fileName.replace(/["\r\n]/g, encodeURIComponent);
  const encoder = new TextEncoder();
  async function* body() {
    yield encoder.encode(
      `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\ncontent-type: application/octet-stream\r\n\r\n`,
    );
    if (typeof content === 'string') yield* createReadStream(content, { highWaterMark: 262_144 }) as AsyncIterable<Uint8Array>;
    else yield content;
    yield encoder.encode(`\r\n--${boundary}--\r\n`);
  }
  return { body: body(), headers: { 'content-type': `multipart/form-data; boundary=${boundary}` } };
}

function readProblem(text: string): { code: string; detail: string } {
  try {
    const { code = 'UNKNOWN', detail = text } = JSON.parse(text);
    return { code, detail };
  } catch {
    return { code: 'UNKNOWN', detail: text.slice(0, 200) };
  }
}

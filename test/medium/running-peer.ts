import { readPeerConfig } from '@pageswarm/config';
import type { Document } from '@pageswarm/contracts';
import { createLogger } from '@pageswarm/observability';
import { startPeer } from '@pageswarm/peer-node';

/** An answer as a test looks at it. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  /** The body as JSON: a document, a list or a problem. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly json: any;
}

/** A peer-node in this process on free ports, without a tracker and without a pdf-worker. */
export class RunningPeer {
  private constructor(
    readonly base: string,
    readonly dataDir: string,
    private readonly service: Awaited<ReturnType<typeof startPeer>>,
  ) {}

  static async start(dataDir: string, env: Readonly<Record<string, string>> = {}): Promise<RunningPeer> {
    const config = readPeerConfig({
      PAGESWARM_DATA_DIR: dataDir,
      PAGESWARM_HTTP_PORT: '0',
      PAGESWARM_TRANSPORT_PORT: '0',
      PAGESWARM_TRACKERS: ',',
      PAGESWARM_WORKERS: ',',
      PAGESWARM_NODE_NAME: 'under test',
      ...env,
    });
    const service = await startPeer(config, createLogger({ service: 'peer-node', node: 'under test', level: 'silent', format: 'json' }));
    return new RunningPeer(`http://127.0.0.1:${service.http.port}/api/v1`, dataDir, service);
  }

  async stop(): Promise<void> {
    await this.service.close();
  }

  async send(method: string, path: string, headers: Record<string, string> = {}, body?: RequestInit['body']): Promise<Answer> {
    const response = await fetch(`${this.base}/${path}`, { method, headers, body });
    const bytes = Buffer.from(await response.arrayBuffer());
    const isJson = response.headers.get('content-type')?.includes('json');
    return { status: response.status, headers: response.headers, bytes, json: isJson ? JSON.parse(bytes.toString()) : undefined };
  }

  /** What `/readyz` says. */
  async ready(): Promise<{ readonly status: number; readonly checks: Record<string, { ok: boolean; detail: string }> }> {
    const response = await fetch(new URL('/readyz', this.base));
    return { status: response.status, checks: ((await response.json()) as Awaited<ReturnType<RunningPeer['ready']>>).checks };
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('GET', path, headers);
  }

  /** Sends a file as curl does: the name goes into the form as it is, whatever is in it but a quote. */
  upload(fileName: string, content: Uint8Array, path = 'documents', partName = 'file'): Promise<Answer> {
    const { body, headers } = form(fileName, content, partName);
    return this.send('POST', path, headers, body);
  }

  /** @throws Error unless the file is accepted */
  async add(fileName: string, content: Uint8Array): Promise<Document> {
    const { status, json } = await this.upload(fileName, content);
    if (status !== 201) throw new Error(`"${fileName}" was answered with ${status} ${json?.code}: ${json?.detail}`);
    return json;
  }

  async documents(): Promise<Document[]> {
    return (await this.get('documents')).json.items;
  }
}

function form(fileName: string, content: Uint8Array, partName: string): { body: Buffer<ArrayBuffer>; headers: Record<string, string> } {
  const boundary = 'of-a-test-5b7d3e';
  const head = `--${boundary}\r\ncontent-disposition: form-data; name="${partName}"; filename="${fileName}"\r\ncontent-type: application/pdf\r\n\r\n`;
  return {
    body: Buffer.concat([Buffer.from(head), content, Buffer.from(`\r\n--${boundary}--\r\n`)]),
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
  };
}

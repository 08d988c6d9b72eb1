import { type Document, type DocumentList, DocumentListSchema, DocumentSchema } from '@pageswarm/contracts';
import { z } from 'zod';
import { RestClient } from './rest-client.ts';

const PeerListSchema = z.object({ items: z.array(z.object({ peerId: z.string() })) });

/** The tracker's REST face as tools and tests use it. */
export class TrackerClient {
  private readonly rest: RestClient;

  constructor(readonly base: string) {
    this.rest = new RestClient(base);
  }

  documents(query = ''): Promise<DocumentList> {
    return this.rest.get(`documents?limit=200&query=${encodeURIComponent(query)}`, DocumentListSchema);
  }

  document(id: string): Promise<Document> {
    return this.rest.get(`documents/${id}`, DocumentSchema);
  }

  async torrent(id: string): Promise<Uint8Array> {
    return new Uint8Array(await (await this.rest.send('GET', `documents/${id}/torrent`)).arrayBuffer());
  }

  async peerCount(): Promise<number> {
    return (await this.rest.get('peers', PeerListSchema)).items.length;
  }
}

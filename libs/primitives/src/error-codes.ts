/** What a stable error code means to a person (title), to HTTP (status) and what to do about it (advice). */
export interface ErrorMeaning {
  readonly status: number;
  readonly title: string;
  readonly advice: string;
}

/**
 * The registry of every code that PageSwarm can answer with, over HTTP or over the swarm transport.
 * `docs/errors.md` lists the same codes; a test compares the two.
 */
export const ERROR_CODES = {
  INTERNAL: { status: 500, title: 'Internal error', advice: 'Look into the log of this node under the same time.' },
  INVALID_REQUEST: { status: 400, title: 'Invalid request', advice: 'Correct the field that the detail names.' },
  INVALID_ID: { status: 400, title: 'Invalid id', advice: 'Use the document id, info-hash or md5 in hex as the listing shows it.' },
  INVALID_PAGES: {
    status: 400,
    title: 'Invalid page range',
    advice: 'Write pages as "3", "3-7" or "1,3-7", from 1 to the number of pages.',
  },
  INVALID_TORRENT: { status: 400, title: 'Not a usable .torrent file', advice: 'Download the .torrent again from the tracker.' },
  INVALID_MAGNET: { status: 400, title: 'Not a usable magnet link', advice: 'Copy the whole link; it needs a btih or btmh hash.' },
  INVALID_CONFIGURATION: { status: 500, title: 'Invalid configuration', advice: 'Correct the environment variable that the detail names.' },
  UNAUTHORIZED: {
    status: 401,
    title: 'Not authorized',
    advice: 'Send the admin token as a bearer token, or call from the machine itself.',
  },
  FORBIDDEN: { status: 403, title: 'Forbidden', advice: 'Ask the operator of this node.' },
  NOT_FOUND: { status: 404, title: 'Not found', advice: 'Check the address; /docs lists what there is.' },
  DOCUMENT_NOT_FOUND: { status: 404, title: 'Unknown document', advice: 'Search for it by name; its last host may have left.' },
  DOWNLOAD_NOT_FOUND: { status: 404, title: 'Unknown download', advice: 'List the downloads to find its id.' },
  PEER_NOT_FOUND: { status: 404, title: 'Unknown peer', advice: 'List the peers; its lease may have ended.' },
  PAGE_NOT_FOUND: { status: 404, title: 'No such page', advice: 'Ask for a page from 1 to the number of pages.' },
  DOCUMENT_EXISTS: { status: 409, title: 'Already here', advice: 'Use the document that the detail names.' },
  DOWNLOAD_EXISTS: { status: 409, title: 'Already downloading', advice: 'Follow the download that the detail names.' },
  WRONG_STATE: { status: 409, title: 'Not possible in this state', advice: 'Look at the state of the download first.' },
  PAGE_NOT_AVAILABLE: {
    status: 409,
    title: 'Page not available now',
    advice: 'Wait for the download, or try again when a host of the page is back.',
  },
  NOT_A_PDF: { status: 422, title: 'Not a PDF', advice: 'Add a file that begins with a %PDF- header.' },
  EMPTY_FILE: { status: 422, title: 'Empty file', advice: 'Add a file that has content.' },
  TOO_LARGE: { status: 413, title: 'Too large', advice: 'Raise PAGESWARM_MAX_DOCUMENT_BYTES, or add a smaller file.' },
  PDF_UNREADABLE: { status: 422, title: 'PDF cannot be read', advice: 'The bytes can still be shared; its pages cannot be shown.' },
  PDF_PASSWORD: {
    status: 422,
    title: 'PDF needs a password',
    advice: 'The bytes can still be shared; open the file with its password after the download.',
  },
  PDF_TIMEOUT: { status: 422, title: 'PDF took too long', advice: 'Raise PAGESWARM_JOB_TIMEOUT_MS if the file is trusted.' },
  PDF_MEMORY: { status: 422, title: 'PDF needs too much memory', advice: 'Raise PAGESWARM_JOB_MEMORY_BYTES if the file is trusted.' },
  PDF_CRASH: { status: 422, title: 'PDF library died on this file', advice: 'The bytes can still be shared; its pages cannot be shown.' },
  WORKER_UNAVAILABLE: { status: 503, title: 'No pdf-worker', advice: 'Start a pdf-worker, or set PAGESWARM_WORKERS to one that runs.' },
  WORKER_BUSY: { status: 503, title: 'The pdf-worker is busy', advice: 'Try again in a moment, or start more workers.' },
  TRACKER_UNAVAILABLE: { status: 503, title: 'No tracker', advice: 'The node keeps trying; check PAGESWARM_TRACKERS.' },
  NO_HOSTS: { status: 409, title: 'No host', advice: 'Resume the download when a host of the document is back.' },
  PIECE_CORRUPT: { status: 502, title: 'Corrupt piece', advice: 'The sender was banned; the piece is fetched elsewhere.' },
  PIECE_NOT_HERE: { status: 409, title: 'Piece not here', advice: 'Ask another host.' },
  DOCUMENT_CORRUPT: { status: 500, title: 'Document corrupt', advice: 'Remove the document and download it again.' },
  STORE_FULL: { status: 507, title: 'Disk full', advice: 'Free space on the disk of the data folder, then resume.' },
  STORE_FAILED: { status: 500, title: 'Disk error', advice: 'Check the data folder and the disk, then resume.' },
  INVALID_SNAPSHOT: {
    status: 500,
    title: 'Not a snapshot of this version',
    advice: 'Name another file or Redis, or remove what is there; the peers tell the tracker everything again.',
  },
  CONNECTION_REFUSED: { status: 503, title: 'Connection refused', advice: 'Check that the other node runs and its address is right.' },
  CONNECTION_LOST: { status: 503, title: 'Connection lost', advice: 'Try again.' },
  CONNECTION_TIMEOUT: { status: 504, title: 'No answer to the connection', advice: 'Check the address and the network between the nodes.' },
  HANDSHAKE_FAILED: {
    status: 502,
    title: 'Handshake failed',
    advice: 'Check that the other end is a PageSwarm node with the same swarm key.',
  },
  PROTOCOL_VERSION: { status: 502, title: 'Other protocol version', advice: 'Run the same version of PageSwarm on both nodes.' },
  PROTOCOL_ERROR: { status: 502, title: 'Protocol error', advice: 'The other end broke the protocol; see its log.' },
  FRAME_TOO_LARGE: { status: 502, title: 'Frame too large', advice: 'The other end sends frames over the agreed limit.' },
  CREDIT_EXCEEDED: { status: 502, title: 'Credit exceeded', advice: 'The other end sent more than its window.' },
  LIMIT_EXCEEDED: { status: 429, title: 'Limit exceeded', advice: 'Slow down, or raise the limit that the detail names.' },
  UNKNOWN_PATTERN: { status: 501, title: 'Unknown request', advice: 'Run the same version of PageSwarm on both nodes.' },
  CANCELLED: { status: 499, title: 'Cancelled', advice: 'Nothing to do; whoever asked took the request back.' },
  DEADLINE_EXCEEDED: { status: 504, title: 'Deadline exceeded', advice: 'Try again, or give more time.' },
  STARTING: { status: 503, title: 'Node is starting', advice: 'Try again in a moment; /readyz says what it waits for.' },
  GOING_AWAY: { status: 503, title: 'Node is shutting down', advice: 'Ask another node.' },
} as const satisfies Record<string, ErrorMeaning>;

export type ErrorCode = keyof typeof ERROR_CODES;

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_CODES, value);
}

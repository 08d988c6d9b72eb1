/** Calls of Linux that Node does not have: with them many datagrams cross into the kernel and back at once. */
export interface SystemCalls {
  /** socket(2) @returns a descriptor, or -1 */
  socket(domain: number, type: number, protocol: number): number;
  /** bind(2) @returns 0, or -1 */
  bind(descriptor: number, address: Buffer, length: number): number;
  /** close(2) */
  close(descriptor: number): number;
  /** recvmmsg(2) without a timeout @returns how many messages came, or -1 */
  recvmmsg(descriptor: number, vector: Buffer, count: number, flags: number, timeout: null): number;
  /** sendmmsg(2) @returns how many messages went, or -1 */
  sendmmsg(descriptor: number, vector: Buffer, count: number, flags: number): number;
  /** errno(3) of the call that failed last */
  errno(): number;
  /** Where the bytes of a buffer lie; good as long as somebody holds the buffer. */
  addressOf(buffer: Buffer): bigint;
}

/** Where structures lie in memory as {@link MessageVector} writes them. */
const ARCHITECTURES = ['x64', 'arm64'];

/** @returns undefined where there are no such calls: on other systems, or without the package that reaches them */
export async function loadSystemCalls(platform = process.platform, architecture: string = process.arch): Promise<SystemCalls | undefined> {
  if (platform !== 'linux' || !ARCHITECTURES.includes(architecture)) return undefined;
  try {
    const { default: koffi } = await import('koffi');
    // Whatever C library this process runs on.
    const libc = koffi.load(null);
    return {
      socket: libc.func('int socket(int domain, int type, int protocol)'),
      bind: libc.func('int bind(int descriptor, void *address, uint32_t length)'),
      close: libc.func('int close(int descriptor)'),
      recvmmsg: libc.func('int recvmmsg(int descriptor, void *vector, unsigned int count, int flags, void *timeout)'),
      sendmmsg: libc.func('int sendmmsg(int descriptor, void *vector, unsigned int count, int flags)'),
      errno: () => koffi.errno(),
      addressOf: (buffer) => BigInt(koffi.address(buffer)),
    } as SystemCalls;
  } catch {
    return undefined;
  }
}

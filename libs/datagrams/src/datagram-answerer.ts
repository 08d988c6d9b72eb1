/**
 * Answers one datagram, at once.
 * @param packet its bytes; they are overwritten once this returns
 * @param sender the address that it came from: 4 bytes for IPv4, also in IPv6, and 16 for IPv6
 * @param answer room for the answer
 * @returns how many bytes of `answer` to send back; 0 for none
 */
export type DatagramAnswerer = (packet: Buffer, sender: Buffer, answer: Buffer) => number;

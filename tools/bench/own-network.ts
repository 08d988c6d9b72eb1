import { firstLine } from './rival.ts';

/** Addresses that nobody else has, at the loopback device of a network of its own: room for a crowd of nine. */
export const OWN_ADDRESSES = Array.from({ length: 9 }, (_, place) => `10.0.0.${place + 1}`);

const SET_UP = `set -e
ip link set lo up
for address in ${OWN_ADDRESSES.join(' ')}; do ip addr add $address/32 dev lo; done
exec "$@"`;

/** A command that runs another one in a network of its own, which has a loopback device with {@link OWN_ADDRESSES} and nothing else. */
export function inOwnNetwork(command: string, args: readonly string[]): { readonly command: string; readonly args: string[] } {
  return { command: 'unshare', args: ['--user', '--map-root-user', '--net', 'sh', '-c', SET_UP, 'sh', command, ...args] };
}

/** True where the system has what that takes, and lets this user do it. */
export async function hasOwnNetworks(): Promise<boolean> {
  const { command, args } = inOwnNetwork('echo', ['yes']);
  return (await firstLine(command, args)) === 'yes';
}

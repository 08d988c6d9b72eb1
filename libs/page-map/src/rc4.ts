/** RC4, which PDF encryption up to version 1.5 uses; OpenSSL 3 does not offer it any more. */
export function rc4(key: Uint8Array, data: Uint8Array): Uint8Array {
  const state = Uint8Array.from({ length: 256 }, (_, index) => index);
  for (let i = 0, j = 0; i < 256; i++) {
    j = (j + (state[i] as number) + (key[i % key.length] as number)) & 0xff;
    [state[i], state[j]] = [state[j] as number, state[i] as number];
  }
  const output = new Uint8Array(data.length);
  for (let at = 0, i = 0, j = 0; at < data.length; at++) {
    i = (i + 1) & 0xff;
    const si = state[i] as number;
    j = (j + si) & 0xff;
    const sj = state[j] as number;
    state[i] = sj;
    state[j] = si;
    output[at] = (data[at] as number) ^ (state[(si + sj) & 0xff] as number);
  }
  return output;
}

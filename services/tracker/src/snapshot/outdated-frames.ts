/** How much of a snapshot file is out of date, at the most: which frames are is known, and of their lengths only the longest. */
export class OutdatedFrames {
  private frames = 0;
  private longest = 0;
  private lost = 0;

  /** In bytes. */
  get mostBytes(): number {
    return this.lost + this.frames * this.longest;
  }

  /** A frame stands in the file, and so many are out of date by it, itself included. */
  add(bytes: number, outdated: number): void {
    this.frames += outdated;
    this.longest = Math.max(this.longest, bytes);
  }

  /** So many bytes of the file are damaged. */
  lose(bytes: number): void {
    this.lost += bytes;
  }
}

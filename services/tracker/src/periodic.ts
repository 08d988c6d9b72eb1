/** Calls `task` in every interval until the returned function is called; it does not keep the process alive. */
export function every(intervalMs: number, task: () => void): () => void {
  const timer = setInterval(task, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}

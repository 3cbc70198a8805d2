/** What is being written or typed, so that the page is not replaced by its next version in the middle of it. */
const running = new Set<Promise<unknown>>();
const drafts = new Set<() => void>();

/** @returns `write` itself */
export function track<T>(write: Promise<T>): Promise<T> {
  running.add(write);
  const end = (): void => void running.delete(write);
  write.then(end, end);
  return write;
}

/** @param keep makes a change of what has been typed so far @returns takes it back: there is nothing to keep any more */
export function holdDraft(keep: () => void): () => void {
  drafts.add(keep);
  return () => void drafts.delete(keep);
}

export function hasDrafts(): boolean {
  return drafts.size > 0;
}

/** Keeps all that has been typed. Resolves when nothing is being written any more. */
export async function allWritten(): Promise<void> {
  for (const keep of drafts) keep();
  while (running.size > 0) await Promise.allSettled(running);
}

/** A measurement that came to its end, or the reason why it counts as failing. */

export type Outcome<Figures> = { readonly figures: Figures } | { readonly failed: string };

/** Runs one measurement; what throws, or takes longer, has failed, with why. */
export async function attempt<Figures>(
  timeoutMs: number,
  measure: (signal: AbortSignal) => Promise<Figures>,
  why: () => Promise<readonly string[]>,
): Promise<Outcome<Figures>> {
  const aborter = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      aborter.abort();
      reject(new Error(`not done after ${(timeoutMs / 1_000).toFixed(0)} s`));
    }, timeoutMs);
  });
  try {
    return { figures: await Promise.race([measure(aborter.signal), late]) };
  } catch (error) {
    const reasons = await why().catch(() => []);
    return {
      failed: [error instanceof Error ? error.message.split('\n')[0] : String(error), ...new Set(reasons)].join('; '),
    };
  } finally {
    clearTimeout(timer);
  }
}

import { useEffect, useState } from 'preact/hooks';
import type { Observable } from 'rxjs';

/** The latest value of `source`; `initial` until there is one. An error of the source is thrown where it is shown. */
export function useObservable<T>(source: Observable<T> | undefined, initial: T): T {
  const [value, setValue] = useState<T>(initial);
  useEffect(() => {
    const subscription = source?.subscribe({
      next: (next) => setValue(() => next),
      error: (error: unknown) =>
        setValue(() => {
          throw error;
        }),
    });
    return () => {
      subscription?.unsubscribe();
      setValue(() => initial);
    };
    // `initial` is a default, not an input: callers may write it in place.
  }, [source]);
  return value;
}

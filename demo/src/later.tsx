import type { FunctionComponent, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** A component whose code is loaded when it is first shown. A failure is thrown where it is shown. */
export function later<P extends object>(load: () => Promise<FunctionComponent<P>>): FunctionComponent<P> {
  let loaded: FunctionComponent<P> | undefined;
  return function Later(props: P): JSX.Element | null {
    const [Shown, setShown] = useState(() => loaded);
    useEffect(() => {
      if (loaded !== undefined) return;
      load().then(
        (component) => {
          loaded = component;
          setShown(() => component);
        },
        (error: unknown) =>
          setShown(() => {
            throw error;
          }),
      );
    }, []);
    return Shown === undefined ? null : <Shown {...props} />;
  };
}

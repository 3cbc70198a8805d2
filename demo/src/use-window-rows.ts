/** Only the rows near the window are drawn: a list of thousands costs what a screen of it costs. */
import {
  defaultRangeExtractor,
  observeWindowOffset,
  observeWindowRect,
  type Range,
  Virtualizer,
  windowScroll,
} from '@tanstack/virtual-core';
import { useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks';

/** Height of a row of one line, before it has been measured, CSS pixels. */
const ROW_HEIGHT = 53;

/** Rows drawn above and below the window, so that the keyboard finds the next one. */
const SPARE_ROWS = 8;

export interface WindowRows {
  readonly virtualizer: Virtualizer<Window, HTMLLIElement>;
  /** Where the rows go. */
  readonly list: { current: HTMLUListElement | null };
}

/** @param pinned a row that stays drawn wherever the window is, such as one that is being edited */
export function useWindowRows(count: number, keyOf: (index: number) => string, pinned: number | undefined): WindowRows {
  const [, redraw] = useReducer((n: number, _: undefined) => n + 1, 0);
  const [margin, setMargin] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const options = {
    count,
    getItemKey: keyOf,
    scrollMargin: margin,
    overscan: SPARE_ROWS,
    estimateSize: () => ROW_HEIGHT,
    getScrollElement: () => window,
    observeElementRect: observeWindowRect,
    observeElementOffset: observeWindowOffset,
    scrollToFn: windowScroll,
    initialOffset: () => scrollY,
    initialRect: { width: innerWidth, height: innerHeight },
    rangeExtractor(range: Range) {
      const shown = defaultRangeExtractor(range);
      if (pinned === undefined || pinned >= count || shown.includes(pinned)) return shown;
      return [...shown, pinned].sort((a, b) => a - b);
    },
    onChange: () => redraw(undefined),
  };
  const [virtualizer] = useState(() => new Virtualizer<Window, HTMLLIElement>(options));
  virtualizer.setOptions(options);
  useLayoutEffect(() => virtualizer._didMount(), []);
  useLayoutEffect(() => {
    virtualizer._willUpdate();
    // What is above the list changes in height, such as when a question about a conflict comes up.
    const top = list.current === null ? 0 : Math.round(list.current.getBoundingClientRect().top + scrollY);
    if (top !== margin) setMargin(top);
  });
  return { virtualizer, list };
}

/** Moving a row by its handle, with a finger or a mouse. The keyboard has the arrow keys on the handle instead. */
import type { Virtualizer } from '@tanstack/virtual-core';
import { useRef, useState } from 'preact/hooks';
import type { Note } from './schemas.ts';

/** Nearer to the edge of the window than this, the page scrolls along; CSS pixels. */
const EDGE = 60;
/** How far in one frame, CSS pixels. */
const SCROLL_STEP = 9;

export interface Drag {
  /** The row that is being moved. */
  readonly from: number | undefined;
  /** Class names for the row at `index`: where the moved one goes. */
  markAt(index: number): string;
  grab(index: number): (event: PointerEvent) => void;
}

/** @param onMove called with the place among the others when the row is let go */
export function useDrag(
  notes: readonly Note[],
  { measurementsCache, options }: Virtualizer<Window, HTMLLIElement>,
  onMove: ((note: Note, place: number) => void) | undefined,
): Drag | undefined {
  const [from, setFrom] = useState<number>();
  const [to, setTo] = useState<number>();
  const target = useRef<number | undefined>(undefined);
  if (onMove === undefined) return undefined;

  /** The row whose middle is nearest to a height in the window. */
  const rowAt = (clientY: number): number => {
    const y = clientY + scrollY;
    const below = measurementsCache.findIndex(({ start, size }) => y < start + size);
    return below === -1 ? options.count - 1 : below;
  };
  const grab = (index: number) => (event: PointerEvent) => {
    const note = notes[index];
    const handle = event.currentTarget;
    if (note === undefined || !(handle instanceof HTMLElement) || event.button !== 0) return;
    event.preventDefault();
    handle.focus();
    handle.setPointerCapture(event.pointerId);
    let y = event.clientY;
    let frame = 0;
    const place = (): void => {
      target.current = rowAt(y);
      setTo(target.current);
    };
    const roll = (): void => {
      const step = y < EDGE ? -SCROLL_STEP : y > innerHeight - EDGE ? SCROLL_STEP : 0;
      if (step !== 0) {
        scrollBy(0, step);
        place();
      }
      frame = requestAnimationFrame(roll);
    };
    const onPointerMove = (moved: PointerEvent): void => {
      y = moved.clientY;
      place();
    };
    const end = (ended: Event): void => {
      cancelAnimationFrame(frame);
      handle.removeEventListener('pointermove', onPointerMove);
      for (const name of ['pointerup', 'pointercancel', 'lostpointercapture']) handle.removeEventListener(name, end);
      setFrom(undefined);
      setTo(undefined);
      const place = target.current;
      if (ended.type === 'pointerup' && place !== undefined && place !== index) onMove(note, place);
    };
    target.current = index;
    setFrom(index);
    setTo(index);
    handle.addEventListener('pointermove', onPointerMove);
    for (const name of ['pointerup', 'pointercancel', 'lostpointercapture']) handle.addEventListener(name, end);
    frame = requestAnimationFrame(roll);
  };
  return {
    from,
    grab,
    markAt(index) {
      if (from === undefined || to === undefined) return '';
      if (index === from) return 'grabbed';
      if (index !== to) return '';
      return to < from ? 'goes-above' : 'goes-below';
    },
  };
}

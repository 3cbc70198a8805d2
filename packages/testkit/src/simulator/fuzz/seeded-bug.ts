/**
 * A known way to get it wrong: parts of a device replaced at its ports, or one function of ours replaced in its module.
 * The checks of the simulator are worth as much as what they notice of these.
 */
import type { Sabotage } from '../device.ts';
import type { Plan } from './plan.ts';

export type Callable = (...args: readonly unknown[]) => unknown;

/** Functions to stand in for those that a module exports; given those. */
export interface Replacement {
  /** from the folder `packages` */
  readonly module: string;
  readonly functions: (original: Readonly<Record<string, Callable>>) => Readonly<Record<string, unknown>>;
}

export interface SeededBug {
  readonly name: string;
  readonly sabotage?: Sabotage;
  readonly replacement?: Replacement;
  /** Plans in which nothing of it can show are not run, but counted. Default: it can show in all. */
  readonly shows?: (plan: Plan) => boolean;
}

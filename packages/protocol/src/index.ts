export * from './errors.ts';
export * from './limits.ts';
export * from './session/frames.ts';
export * from './version/clock.ts';
export * from './version/dot.ts';
export * from './version/head.ts';
export * from './version/vector.ts';

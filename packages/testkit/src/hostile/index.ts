export * from './frame-fuzz.ts';
export * from './live-attack.ts';
export * from './rogue.ts';

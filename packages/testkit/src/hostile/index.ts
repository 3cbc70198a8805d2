export * from './rogue.ts';

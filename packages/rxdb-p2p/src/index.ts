export * from './pool/types.ts';

export * from './simulator/device.ts';
export * from './simulator/handlers.ts';
export * from './simulator/network.ts';
export * from './simulator/random.ts';
export * from './simulator/user.ts';
export * from './simulator/virtual-time.ts';

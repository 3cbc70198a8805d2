/** Every limit that would end an attack: what is left is what it is about. */
import type { SignalingLimits } from '../limits.ts';

export const UNLIMITED: Partial<SignalingLimits> = {
  ...{ joinBurst: 1e9, requestBurst: 1e9, packetBurst: 1e9, byteBurst: 1e12 },
  ...{ addressConnections: 1e9, addressConnectBurst: 1e9, addressJoinBurst: 1e9, addressRequestBurst: 1e9 },
  addressByteBurst: 1e12,
};

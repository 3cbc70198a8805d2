/** A self-hosted signaling server for rxdb-p2p: it introduces devices, and sees no document. */
export { P2PError } from '@rxdb-p2p/protocol/signaling';
export { type AttachedSignaling, attachSignaling } from './attach.ts';
export type { Admission, Applicant, Authenticate, NoAdmission, Verdict } from './auth/admission.ts';
export type { AuthOptions } from './auth/auth.ts';
export type { JwksOptions } from './auth/jwks.ts';
export type { JwtOptions } from './auth/jwt.ts';
export type { JwtKey, PublicKey, PublicKeyAlgorithm, SecretKey } from './auth/jwt-keys.ts';
export type { TokenOptions } from './auth/static-token.ts';
export type { RedisOptions } from './cluster/cluster.ts';
export { DEFAULT_HEARTBEAT, DEFAULT_LIMITS, type Heartbeat, type SignalingLimits } from './limits.ts';
export type { RefusalCode, RequestName, SignalingObserver } from './observer.ts';
export type { SignalingOptions } from './options.ts';
export {
  type Certificate,
  createSignalingServer,
  DEFAULT_PORT,
  type SignalingServer,
  type SignalingServerOptions,
} from './server.ts';
export type { TurnOptions } from './turn/credentials.ts';

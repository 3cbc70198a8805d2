/** All that needs more cryptography than hashes: import it where it is used, and only then. */

export { emptyWindow, type ReplayWindow, take } from './replay-window.ts';
export {
  createKeyPair,
  createReplicaHandshake,
  createSigner,
  type Ephemerals,
  type LinkBinding,
  type ReplicaHandshakeOptions,
  type Signer,
} from './replica-handshake.ts';
export {
  readSignalHeader,
  SEAL_NONCE_BYTES,
  SESSION_BYTES,
  type SignalContext,
  type SignalForm,
  type SignalHeader,
  sealSignal,
  unsealSignal,
} from './sealed-signal.ts';
export { deriveTopicKeys, stretchPassphrase, type TopicKeys, type TopicName } from './topic-keys.ts';

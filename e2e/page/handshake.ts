/** Handshakes in the page, of both sides, to see what they cost. */
import type { Handshake } from '@rxdb-p2p/protocol';

type Secrecy = typeof import('@rxdb-p2p/protocol/secrecy');

const random = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count));

/** What comes before the first one: loads the code. */
export const loadHandshake = (): Promise<Secrecy> => import('@rxdb-p2p/protocol/secrecy');

/** One whole handshake, from the keys of the topic and the key pair of each side. @returns whether both proved themselves */
export function shakeHands({ createReplicaHandshake, createSigner, deriveTopicKeys }: Secrecy): boolean {
  const fingerprints = [random(32), random(32)] as const;
  const secret = random(32);
  const sideOf = (initiator: boolean): Handshake => {
    const { room, handshake: psk } = deriveTopicKeys(secret, { namespace: 'app', topic: 'cost' });
    const [ownFingerprint, remoteFingerprint] = initiator ? fingerprints : [fingerprints[1], fingerprints[0]];
    return createReplicaHandshake({
      ...{ initiator, psk, signer: createSigner(random(32)), ephemeral: random(32) },
      binding: { room, ownFingerprint, remoteFingerprint },
      ephemerals: { made: () => undefined, met: () => 'new' },
    });
  };
  const begun = sideOf(true).begin();
  let [caller, called] = [begun.next, sideOf(false)];
  let proven = 0;
  for (const first of begun.frames) {
    const answer = called.receive(first);
    if ('refused' in answer) return false;
    called = answer.next;
    for (const frame of answer.frames) {
      const reply = caller.receive(frame);
      if ('refused' in reply) return false;
      caller = reply.next;
      if (reply.proven !== undefined) proven++;
      for (const last of reply.frames) {
        const end = called.receive(last);
        if (!('refused' in end) && end.proven !== undefined) proven++;
      }
    }
  }
  return proven === 2;
}

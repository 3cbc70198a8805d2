/** Secrets for `syncP2P(topic, { secret })`. */
import { formatTopicSecret, SECRET_BYTES } from '@rxdb-p2p/protocol';
import { randomBytes } from './random.ts';

/**
 * A new secret of a topic: 32 random bytes and a checksum, as 53 characters that can be part of a URL. Give it to those who
 * are to take part, and to nobody else; put it behind the `#` of a link, which browsers send to no server.
 */
export function createTopicSecret(): string {
  return formatTopicSecret(randomBytes(SECRET_BYTES));
}

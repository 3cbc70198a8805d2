/**
 * How RxDB's simple-peer connection handler puts JSON on a data channel, which takes no message of any size: a text of
 * more than 16 Ki characters is cut into pieces, each wrapped in JSON again. Rewritten here because it is not exported.
 */

/** Its `SIMPLE_PEER_MAX_MESSAGE_LENGTH`, characters. */
const PIECE_LENGTH = 16 * 1024;

interface Piece {
  readonly chunk: { readonly id: string; readonly index: number; readonly total: number; readonly data: string };
}

export function toPieces(message: object, id: string): string[] {
  const text = JSON.stringify(message);
  if (text.length <= PIECE_LENGTH) return [text];
  const total = Math.ceil(text.length / PIECE_LENGTH);
  return Array.from({ length: total }, (_, index) => {
    const data = text.slice(index * PIECE_LENGTH, (index + 1) * PIECE_LENGTH);
    const piece: Piece = { chunk: { id, index, total, data } };
    return JSON.stringify(piece);
  });
}

/** Gives the message that a piece completes, if it does. */
export function createPieceReader<Message extends object>(): (text: string) => Message | undefined {
  const incomplete = new Map<string, string[]>();
  return (text: string): Message | undefined => {
    const parsed = JSON.parse(text) as Message | Piece;
    if (!('chunk' in parsed)) return parsed;
    const { id, total, data } = parsed.chunk;
    // The wire is ordered, so pieces are appended; the original counts them in an array with holes.
    const parts = incomplete.get(id) ?? [];
    parts.push(data);
    if (parts.length < total) {
      incomplete.set(id, parts);
      return undefined;
    }
    incomplete.delete(id);
    return JSON.parse(parts.join('')) as Message;
  };
}

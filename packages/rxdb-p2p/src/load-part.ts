/** Parts of the package that are loaded when they are needed, so that an application starts without them. */
import { P2PError } from '@rxdb-p2p/protocol';

/** @throws P2PError `TRANSPORT_NOT_LOADED` */
export async function loadPart<Part>(load: () => Promise<Part>): Promise<Part> {
  try {
    return await load();
  } catch (cause) {
    throw new P2PError('TRANSPORT_NOT_LOADED', 'a part of the application could not be loaded', {
      got: cause instanceof Error ? cause.message : String(cause),
      hint: 'new attempts go on; a page that works offline has to keep all chunks of its build',
      cause,
    });
  }
}

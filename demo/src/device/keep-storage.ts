/**
 * Asks the browser not to clear this page's data when the device runs out of room. It is asked when there is something to
 * lose, a first board, and by what a person did: some browsers put the question to them.
 */
export async function keepStorage(): Promise<boolean> {
  const { storage } = navigator;
  if (storage?.persist === undefined) return false;
  return (await storage.persisted()) || storage.persist();
}

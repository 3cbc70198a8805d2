/** What is measured, inside a page: something that stores documents and replicates them. */
import type { BenchDocument } from '../../../documents.ts';
import type { StartSetup } from '../api.ts';

export interface PageSystem {
  insert(documents: BenchDocument[]): Promise<void>;
  start(setup: StartSetup): Promise<void>;
  ready(): Promise<void>;
  /** Documents that have come or changed since it was opened, as the system tells an application. */
  arrivals(): number;
  /** Called with each of those. */
  onArrival(listener: () => void): void;
  connected(): number;
  edit(id: string, title: string): Promise<void>;
  /** As a query of the application emits it. */
  watch(id: string, listener: (title: string) => void): void;
  /** In the order of their ids. */
  read(): Promise<readonly BenchDocument[]>;
  errors(): readonly string[];
  masterToken(): Promise<string>;
  isMaster(own: string, other: string): Promise<boolean>;
  stop(): Promise<void>;
  remove(): Promise<void>;
}

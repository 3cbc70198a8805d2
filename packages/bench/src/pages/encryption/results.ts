/** What the page tells: plain JSON. */

/** Microseconds of one field. */
export interface FieldTimes {
  readonly encrypt: number;
  readonly decrypt: number;
}

export interface FieldSample extends FieldTimes {
  readonly name: string;
  /** characters of the field */
  readonly size: number;
  readonly round: number;
}

export interface BulkInsertTime {
  readonly name: string;
  readonly round: number;
  readonly ms: number;
}

export interface PageSettings {
  readonly sizes: readonly number[];
  readonly fieldRounds: number;
  readonly documents: number;
  readonly insertRounds: number;
}

export interface PageResult {
  readonly fields: readonly FieldSample[];
  readonly inserts: readonly BulkInsertTime[];
}

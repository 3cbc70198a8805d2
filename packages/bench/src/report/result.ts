/** What a suite has to say: a table for people, bars for the project, samples for whoever wants to compute again. */

export interface Bar {
  readonly what: string;
  readonly wanted: string;
  readonly got: string;
  readonly met: boolean;
  /**
   * Whether it may be so in a quick run on a machine that does other things: ratios with a wide margin; figures that no load
   * changes have none. Default: `met`.
   */
  readonly tolerated?: boolean;
}

export interface SuiteResult {
  readonly title: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly notes: readonly string[];
  readonly bars: readonly Bar[];
  readonly samples: readonly Sample[];
}

/** One measurement as it was taken. */
export interface Sample {
  readonly label: string;
  readonly [figure: string]: string | number | boolean | undefined;
}

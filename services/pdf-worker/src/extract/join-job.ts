export interface JoinParams {
  /** Bytes of each PDF in the order in which their pages come; the source of the job is all of them in a row. */
  readonly sizes: readonly number[];
}

/** The PDF is the output beside it. */
export interface JoinValue {
  readonly pages: number;
}

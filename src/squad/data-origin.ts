/** Where data come from, as far as a model card tells it of what was trained on them. */
export interface DataOrigin {
  /** SPDX id in small letters, as hubs write it. */
  licence: string;
  /** Id of the data set on the hub. */
  dataset?: string;
}

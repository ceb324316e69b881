/** Options of every campaign of the vision process. */
export interface VisionCampaignOptions {
  /** how many runs; for `false-alarms` minutes, for `day` hours */
  readonly runs?: number;
}

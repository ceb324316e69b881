/** What every campaign of the vision process can be told. */
export interface VisionCampaignOptions {
  /** how often, where that can be chosen; minutes of false-alarms, hours of day */
  readonly runs?: number;
}

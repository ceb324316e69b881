const levels = 'a filter has at most 100 levels, so that what matching costs has a bound; the standard names no bound';

/**
 * Cases that Forpost's broker is known not to keep, each with its reason. The test holds the list to what really
 * happens: a case that newly fails is missing here, one that newly passes has to go.
 */
export const knownMisses: Readonly<Record<string, string>> = {
  '3.1.1 [MQTT-4.7.3-1] a topic of 100 levels is taken': levels,
  '5.0 [MQTT-4.7.3-1] a topic of 100 levels is taken': levels,
};

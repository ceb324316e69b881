/**
 * The reason codes of MQTT 5 (section 2.4) that the broker uses, the return codes of MQTT 3.1.1 (section 3.2.2.3), and
 * the mapping from a return code to a reason code.
 */
export const reason = {
  success: 0x00,
  disconnectWithWill: 0x04,
  noMatchingSubscribers: 0x10,
  noSubscriptionExisted: 0x11,
  unspecified: 0x80,
  malformed: 0x81,
  protocolError: 0x82,
  unsupportedVersion: 0x84,
  clientIdInvalid: 0x85,
  badUserOrPassword: 0x86,
  notAuthorized: 0x87,
  serverShuttingDown: 0x8b,
  badAuthenticationMethod: 0x8c,
  keepAliveTimeout: 0x8d,
  sessionTakenOver: 0x8e,
  topicFilterInvalid: 0x8f,
  topicNameInvalid: 0x90,
  packetIdNotFound: 0x92,
  receiveMaximumExceeded: 0x93,
  topicAliasInvalid: 0x94,
  packetTooLarge: 0x95,
  quotaExceeded: 0x97,
  administrativeAction: 0x98,
  sharedSubscriptionsNotSupported: 0x9e,
} as const;

/** Reason codes from this one on are failures. */
export const firstFailure = 0x80;

/** The return codes of CONNACK in MQTT 3.1 and 3.1.1. */
export const returnCode = {
  unsupportedVersion: 1,
  identifierRejected: 2,
  notAuthorized: 5,
} as const;

const byReturnCode: Readonly<Record<number, number>> = {
  [returnCode.unsupportedVersion]: reason.unsupportedVersion,
  [returnCode.identifierRejected]: reason.clientIdInvalid,
  // the broker refuses a log-in only for its user or its password
  [returnCode.notAuthorized]: reason.badUserOrPassword,
};

/** The reason code of MQTT 5 for a return code of MQTT 3.1.1. */
export function reasonOf(code: number): number {
  return byReturnCode[code] ?? reason.unspecified;
}

/** Correct values of the properties of MQTT 5.0 (section 2.2.2.2), for the cases of each packet. */
import { type PropertyName, property, propertyKinds } from '../../wire.ts';

/** a correct value of each property */
export const right: Readonly<Record<PropertyName, Buffer>> = {
  payloadFormat: property('payloadFormat', 1),
  messageExpiry: property('messageExpiry', 60),
  contentType: property('contentType', 'text/plain'),
  responseTopic: property('responseTopic', 'answer/here'),
  correlationData: property('correlationData', Buffer.from([1, 0, 2])),
  subscriptionId: property('subscriptionId', 5),
  sessionExpiry: property('sessionExpiry', 60),
  assignedClientId: property('assignedClientId', 'mine'),
  serverKeepAlive: property('serverKeepAlive', 30),
  authMethod: property('authMethod', 'none'),
  authData: property('authData', Buffer.from([1])),
  requestProblem: property('requestProblem', 1),
  willDelay: property('willDelay', 1),
  requestResponse: property('requestResponse', 1),
  responseInformation: property('responseInformation', 'here'),
  serverReference: property('serverReference', 'there'),
  reasonString: property('reasonString', 'because'),
  receiveMaximum: property('receiveMaximum', 20),
  topicAliasMaximum: property('topicAliasMaximum', 10),
  topicAlias: property('topicAlias', 1),
  maximumQos: property('maximumQos', 1),
  retainAvailable: property('retainAvailable', 1),
  user: property('user', ['key', 'value']),
  maximumPacketSize: property('maximumPacketSize', 100_000),
  wildcardAvailable: property('wildcardAvailable', 1),
  subscriptionIdAvailable: property('subscriptionIdAvailable', 1),
  sharedAvailable: property('sharedAvailable', 1),
};
/** every property of the standard */
export const all = Object.keys(propertyKinds) as PropertyName[];

/** Most of these have no numbered statement in the standard: a malformed packet or a protocol error. */
export const broken = '4.13.1-1';
export const wrongValue = broken;

/** what a client may send in CONNECT, authentication aside */
export const ofConnect: readonly PropertyName[] = [
  'sessionExpiry',
  'receiveMaximum',
  'maximumPacketSize',
  'topicAliasMaximum',
  'requestResponse',
  'requestProblem',
  'user',
];

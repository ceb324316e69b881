/** English texts of what a gateway says of itself: its status, its problems, what it could not understand. See ../texts.ts for the rules of a key. */
export const gatewayEn = {
  // the line on top of the gateway's page
  'summary.well': 'All is well',
  'summary.alarms': '{count, plural, one {An alarm needs you} other {# alarms need you}}',
  'summary.things': '{count, plural, one {One thing to look at} other {# things to look at}}',
  'summary.active': '{count, plural, one {One alarm is active} other {# alarms are active}}',
  'summary.over': '{summary} (over after {duration})',
  'summary.clock': 'The clock is not confirmed by a time server',
  'summary.devices': '{count, plural, one {# device} other {# devices}}',
  'summary.never-connected': '{count, plural, one {{names} has never connected} other {{names} have never connected}}',
  'summary.wrong-password':
    '{count, plural, one {{names} logs in with a wrong password} other {{names} log in with a wrong password}}',
  'summary.not-connected': '{count, plural, one {{names} is not connected} other {{names} are not connected}}',
  'summary.unreadable':
    '{count, plural, one {{names} sends messages that nobody can read: check its decoder} other {{names} send messages that nobody can read: check their decoder}}',
  'summary.forbidden':
    '{count, plural, one {{names} asks for topics that it may not have: see Refused} other {{names} ask for topics that they may not have: see Refused}}',
  'summary.camera': '{name}: {reason}',
  'summary.connecting': 'connecting',
  'summary.uplink-lost': 'The centre cannot be reached; all events are kept here until it can',
  'summary.uplink-silent': 'The gateway is connected, but the centre does not answer',
  // what a trial of a camera showed
  'trial.time-passed': 'Time passed',
  'trial.thing': '{kind} ({score}, {height} of the picture high)',
  'trial.entered': '{thing} came into {zone}',
  'trial.left': '{thing} left {zone}',
  'trial.parked': '{thing} stands still in {zone}',
  'trial.moved': '{thing} moves again in {zone}',
  'trial.crossed-left': '{thing} crossed {line} to the left',
  'trial.crossed-right': '{thing} crossed {line} to the right',
  'trial.crossed-up': '{thing} crossed {line} to the up',
  'trial.crossed-down': '{thing} crossed {line} to the down',
  'trial.alarm': 'Alarm: {message}',
} as const;

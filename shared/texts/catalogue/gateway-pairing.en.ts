/** English texts of pairing: what its window did, and why an unknown client cannot be taken in. A group of the part `gateway`. */
export const gatewayPairingEn = {
  'pairing.opened': '{by} opened the pairing window for {minutes, plural, one {# minute} other {# minutes}}',
  'pairing.ended': 'the pairing window has ended',
  'pairing.closed-by': '{by} closed the pairing window',
  'pairing.ignored': '{by} ignores the unknown client "{client}" from {address} until the pairing window ends',
  'pairing.closed': 'the pairing window is closed: open it, and the client knocks again within a minute',
  'pairing.no-knocker':
    'no unknown client has the number {number, number}: it was ignored, or made room for a newer one',
  'pairing.being-taken-in': 'somebody is taking this client in right now',
  'pairing.taken-in': 'this client was taken in already, as "{name}" by {by}',
  // its own log-in
  'pairing.no-log-in': 'it gives no user name or no password: it needs a password that is made here',
  'pairing.log-in-long':
    'its user name or password has a form that cannot be kept: it needs a password that is made here',
  'pairing.user-taken':
    'its user name "{user}" is another’s, and it has no client id that tells the two apart: it needs a password that is made here',
  'pairing.log-in-known': 'everybody knows this password: it is the factory’s, or one that is tried first',
  'pairing.log-in-short': 'its password has fewer than {count, plural, one {# letter} other {# letters}}',
  // what a person chose
  'pairing.name': 'a name has 1 to {count, plural, one {# letter} other {# letters}}',
  'pairing.no-id': '"{id}" is not an id: use 1 to 64 of a-z, 0-9 and -',
  'pairing.id-taken': 'the id "{id}" is taken already: choose another',
  'pairing.choose-decoder': 'no decoder recognises this client: choose one of {names}',
  'pairing.say-topic': 'this decoder does not recognise the client: say what the client calls itself in its topics',
  'pairing.never-bridge': '{about} speaks for itself alone: take it in as a device',
  'pairing.only-bridge': '{about} speaks for several devices: take it in as a bridge',
  'pairing.claims-not': 'this client does not give the user name of "{id}"',
  'pairing.not-replaced': 'the credential was not replaced',
  'pairing.replaced': '{by} handed “{name}” over to the client "{client}" from {address}: its old password has ended',
  'pairing.edited-by-hand': 'site.yaml was edited by hand: take the edit up first («forpost site apply»)',
  'pairing.others-change': 'others change the site at the same time, again and again: try once more',
} as const;

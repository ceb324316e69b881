/** English texts of the area of devices. */
export const setUpDevicesEn = {
  'devices.title': 'Devices',
  'devices.about': 'meters, plugs and sensors, and how they log in',
  'devices.none': 'The site has no device yet.',
  'devices.add': 'Add a device',
  'devices.add-title': 'A new device',
  'devices.added': 'The device is added',
  'devices.added-how':
    'Type these into the device’s own MQTT settings. It is let in at once, and no other device notices.',
  'devices.to-device': 'To the device',
  'devices.id-hint': 'Its user name at the gateway: small letters, digits and hyphens. It never changes.',
  'devices.name-hint': 'As people call it. Without a name the id is shown.',
  'devices.decoder': 'What it speaks',
  'devices.decoder-hint': 'The firmware or protocol of the device.',
  'devices.topic': 'Its name in its topics',
  'devices.topic-hint':
    'Only where the device calls itself something else than its id, such as “plug” or “home/kitchen/plug”.',
  'decoder.shelly': 'Shelly',
  'decoder.shelly-about': 'Shelly plugs, meters and sensors of all generations.',
  'decoder.tasmota': 'Tasmota',
  'decoder.tasmota-about': 'Everything that runs Tasmota.',
  'decoder.native': 'Forpost’s own JSON',
  'decoder.native-about': 'A device or program that sends JSON to forpost/devices/<id>/readings.',
  // its newest messages
  'messages.title': 'Messages as they come',
  'messages.waiting': 'Waiting for its next message …',
  'messages.size': '{count, plural, one {# byte} other {# bytes}}',
  'messages.events': 'event {types}',
  'messages.nothing': 'It has no values to store.',
} as const;

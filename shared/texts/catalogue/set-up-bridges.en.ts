/** English texts of the area of bridges. */
export const setUpBridgesEn = {
  'bridges.title': 'Bridges',
  'bridges.about': 'one log-in that speaks for many devices, such as Zigbee2MQTT',
  'bridges.none': 'The site has no bridge yet.',
  'bridges.add': 'Add a bridge',
  'bridges.add-title': 'A new bridge',
  'bridges.added': 'The bridge is added',
  'bridges.added-how':
    'Type these into the bridge’s own MQTT settings. Once it is connected, the devices behind it are shown here and wait for their names.',
  'bridges.to-it': 'To the bridge',
  'bridges.count': '{count, plural, =0 {no device behind it yet} one {# device behind it} other {# devices behind it}}',
  'bridges.itself': 'The bridge itself',
  'bridges.decoder-hint': 'The program or firmware of the bridge.',
  'bridges.topic-hint':
    'Only where the bridge calls itself something else than its id. Of Zigbee2MQTT it is the base topic, such as “zigbee2mqtt”.',
  'decoder.zigbee2mqtt': 'Zigbee2MQTT',
  'decoder.zigbee2mqtt-about': 'Zigbee devices of all makers, behind Zigbee2MQTT.',
  'decoder.tasmota-bridge-about': 'Tasmota on a Zigbee gateway.',
  'decoder.native-bridge-about': 'A program that names the device of each reading in “device”.',
  // devices behind a bridge
  'bridges.devices': 'Devices behind it',
  'bridges.devices-none': 'No device behind this bridge has a name yet.',
  'bridges.behind': 'behind {name}',
  'bridges.source': 'Its name or address at the bridge',
  'bridges.source-hint':
    'The address stays when the bridge renames the device, such as “0x00158d0001a2b3c4”. Without it the id counts.',
  // found devices
  'bridges.found': 'Found devices',
  'bridges.found-about':
    'Bridges speak for these devices, and the site does not have them yet. What they send is stored under their bridge, and no rule judges it until you take them in.',
  'bridges.found-none': 'No device waits for its name. Let one join at the bridge, and it appears here.',
  'bridges.found-id-hint': 'Made of the name where it stays empty. It never changes.',
  'bridges.messages': '{count, plural, one {# message} other {# messages}}',
  'bridges.no-message': 'has sent nothing yet',
  'bridges.newest': 'Its newest message',
  'bridges.more': 'Place and id',
  'bridges.renamed': 'The bridge has renamed a device: this was “{name}”. Take it in as the same, or empty its id.',
  'bridges.named': '“{name}” is a device of the site now.',
  'bridges.dropped':
    '{count, plural, one {# more found device} other {# more found devices}} made room for newer ones since the gateway started.',
  // a device that is a bridge
  'bridges.make-ask': 'It speaks for several devices…',
  'bridges.make-what':
    'As a bridge it keeps its id, its log-in and its rules, and each device behind it gets a name of its own. The history can undo this.',
  'bridges.make': 'Make it a bridge',
} as const;

/** English texts of the area of consumers. */
export const setUpConsumersEn = {
  'consumers.title': 'Programs and displays',
  'consumers.about': 'who reads what devices send, and may give commands',
  'consumers.none': 'No program reads here yet.',
  'consumers.add': 'Add a program',
  'consumers.add-title': 'A new program or display',
  'consumers.added': 'The program is added',
  'consumers.added-how': 'Type these into the MQTT settings of the program. It is let in at once.',
  'consumers.to-it': 'To the program',
  'consumers.id-hint': 'Its user name at the gateway: small letters, digits and hyphens. It never changes.',
  'consumers.name-hint': 'As people call it. Without a name the id is shown.',
  'consumers.role': 'What it is',
  'consumers.role-hint': 'A known program gets the topics that it needs by itself.',
  'consumers.role-add': 'Choose a program',
  'consumers.base': 'Its base topic',
  'consumers.base-hint': 'Only where it differs from the program’s usual one.',
  'consumers.subscribe': 'What else it may read',
  'consumers.subscribe-hint': 'Topic filters: + stands for one level, # for the rest. “#” is everything.',
  'consumers.publish': 'Where it may give commands',
  'consumers.publish-hint':
    'Topic filters such as “cmnd/#”. Topics that belong to a device or to the gateway stay closed.',
  'consumers.topic-add': 'Add a topic',
} as const;

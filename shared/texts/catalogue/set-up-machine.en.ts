/** English texts of the machine's names and times in the area of the site. */
export const setUpMachineEn = {
  'machine.title': 'Network and clock of this machine',
  'machine.owner':
    'The operating system owns these: they are shown here, and changed on the box with its own tools, such as hostnamectl, nmcli and timedatectl.',
  'machine.host': 'Host name',
  'machine.interface': 'Addresses of {name}',
  'machine.network': 'Network',
  'machine.no-address': 'no address: no cable, or no DHCP',
  'machine.clock': 'Clock, in the time zone of the site',
  'machine.synced': 'In sync',
  'machine.unsynced': 'Not confirmed',
  'machine.unsynced-what':
    'No time service vouches for the clock. Events are marked so, and the centre corrects their times later. Check that the box reaches a time server.',
  'machine.service': 'Time service',
  'machine.no-service': 'none found',
  'machine.other-service': 'of the system',
  'machine.zone': 'Time zone of the system',
} as const;

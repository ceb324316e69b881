/** Russian texts of the machine's names and times in the area of the site. */
import type { setUpMachineEn } from './set-up-machine.en.ts';

export const setUpMachineRu = {
  'machine.title': 'Сеть и часы этой машины',
  'machine.owner':
    'Этим владеет операционная система: здесь это показано, а меняется на самой машине её средствами, например hostnamectl, nmcli и timedatectl.',
  'machine.host': 'Имя машины',
  'machine.interface': 'Адреса {name}',
  'machine.network': 'Сеть',
  'machine.no-address': 'адреса нет: нет кабеля или DHCP',
  'machine.clock': 'Часы, в часовом поясе объекта',
  'machine.synced': 'Точные',
  'machine.unsynced': 'Не подтверждены',
  'machine.unsynced-what':
    'Ни одна служба времени не подтверждает часы. События так и помечаются, а центр исправит их время позже. Проверьте, доступен ли машине сервер времени.',
  'machine.service': 'Служба времени',
  'machine.no-service': 'не найдена',
  'machine.other-service': 'системная',
  'machine.zone': 'Часовой пояс системы',
} as const satisfies Readonly<Record<keyof typeof setUpMachineEn, string>>;

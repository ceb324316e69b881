/** Russian texts of the area of devices. */
import type { setUpDevicesEn } from './set-up-devices.en.ts';

export const setUpDevicesRu = {
  'devices.title': 'Устройства',
  'devices.about': 'счётчики, розетки и датчики и то, как они подключаются',
  'devices.none': 'На объекте пока нет устройств.',
  'devices.add': 'Добавить устройство',
  'devices.add-title': 'Новое устройство',
  'devices.added': 'Устройство добавлено',
  'devices.added-how':
    'Введите это в настройках MQTT самого устройства. Оно подключится сразу, остальные устройства ничего не заметят.',
  'devices.to-device': 'К устройству',
  'devices.id-hint': 'Его имя пользователя на шлюзе: строчные латинские буквы, цифры и дефисы. Никогда не меняется.',
  'devices.name-hint': 'Как его называют люди. Без названия показывается идентификатор.',
  'devices.decoder': 'Протокол или прошивка',
  'devices.decoder-hint': 'Чем устройство передаёт данные.',
  'devices.topic': 'Его имя в темах',
  'devices.topic-hint':
    'Только если устройство называет себя не так, как его идентификатор, например plug-1 или home/kitchen/plug.',
  'decoder.shelly': 'Shelly',
  'decoder.shelly-about': 'Розетки, счётчики и датчики Shelly всех поколений.',
  'decoder.tasmota': 'Tasmota',
  'decoder.tasmota-about': 'Всё, что работает на Tasmota.',
  'decoder.native': 'Собственный JSON шлюза',
  'decoder.native-about': 'Устройство или программа, которая шлёт JSON в forpost/devices/<id>/readings.',
  // its newest messages
  'messages.title': 'Сообщения по мере прихода',
  'messages.waiting': 'Ожидается следующее сообщение…',
  'messages.size': '{count, plural, one {# байт} few {# байта} many {# байт} other {# байта}}',
  'messages.events': 'событие {types}',
  'messages.nothing': 'Значений для хранения в нём нет.',
} satisfies Readonly<Record<keyof typeof setUpDevicesEn, string>>;

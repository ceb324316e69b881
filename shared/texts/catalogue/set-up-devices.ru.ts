/** Russian texts of the area of devices. */
import type { setUpDevicesEn } from './set-up-devices.en.ts';

export const setUpDevicesRu = {
  'devices.title': 'Устройства',
  'devices.about': 'счётчики, розетки и датчики и то, как они подключаются',
  'devices.none': 'На объекте пока нет устройств.',
  'devices.none-found': 'Ни одно устройство не подходит под запрос.',
  'devices.more': 'Первые {shown, number} из {all, number}: остальные найдутся поиском.',
  'devices.search': 'Поиск по названию, идентификатору или месту',
  'devices.add': 'Добавить устройство',
  'devices.add-title': 'Новое устройство',
  'devices.add-another': 'Добавить ещё одно',
  'devices.added': 'Устройство добавлено',
  'devices.added-how':
    'Введите это в настройках MQTT самого устройства. Оно подключится сразу, остальные устройства ничего не заметят.',
  'devices.added-without': 'Пароль у него уже есть.',
  'devices.to-device': 'К устройству',
  'devices.id-hint': 'Его имя пользователя на шлюзе: строчные латинские буквы, цифры и дефисы. Никогда не меняется.',
  'devices.name-hint': 'Как его называют люди. Без названия показывается идентификатор.',
  'devices.decoder': 'На каком языке говорит',
  'devices.decoder-hint': 'Прошивка или протокол устройства.',
  'devices.topic': 'Его имя в темах',
  'devices.topic-hint':
    'Только если устройство называет себя не так, как его идентификатор, например plug-1 или home/kitchen/plug.',
  'decoder.shelly': 'Shelly',
  'decoder.shelly-about': 'Розетки, счётчики и датчики Shelly всех поколений.',
  'decoder.tasmota': 'Tasmota',
  'decoder.tasmota-about': 'Всё, что работает на Tasmota.',
  'decoder.native': 'Собственный JSON шлюза',
  'decoder.native-about': 'Устройство или программа, которая шлёт JSON в forpost/devices/<id>/readings.',
} satisfies Readonly<Record<keyof typeof setUpDevicesEn, string>>;

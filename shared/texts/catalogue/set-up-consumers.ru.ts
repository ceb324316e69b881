/** Russian texts of the area of consumers. */
import type { setUpConsumersEn } from './set-up-consumers.en.ts';

export const setUpConsumersRu = {
  'consumers.title': 'Программы и дисплеи',
  'consumers.about': 'кто читает данные устройств и может давать команды',
  'consumers.none': 'Пока ни одна программа здесь не читает.',
  'consumers.add': 'Добавить программу',
  'consumers.add-title': 'Новая программа или дисплей',
  'consumers.added': 'Программа добавлена',
  'consumers.added-how': 'Введите это в настройках MQTT программы. Она подключится сразу.',
  'consumers.to-it': 'К программе',
  'consumers.id-hint': 'Её имя пользователя на шлюзе: строчные латинские буквы, цифры и дефисы. Никогда не меняется.',
  'consumers.name-hint': 'Как её называют люди. Без названия показывается идентификатор.',
  'consumers.role': 'Что это',
  'consumers.role-hint': 'Известная программа сама получает нужные ей темы.',
  'consumers.role-add': 'Выбрать программу',
  'consumers.base': 'Её основная тема',
  'consumers.base-hint': 'Только если она отличается от обычной для этой программы.',
  'consumers.subscribe': 'Что ещё ей можно читать',
  'consumers.subscribe-hint': 'Фильтры тем: + заменяет один уровень, # остальное. «#» означает всё.',
  'consumers.publish': 'Куда ей можно давать команды',
  'consumers.publish-hint': 'Фильтры тем, например «cmnd/#». Темы самих устройств и шлюза остаются закрыты.',
  'consumers.topic-add': 'Добавить тему',
} satisfies Readonly<Record<keyof typeof setUpConsumersEn, string>>;

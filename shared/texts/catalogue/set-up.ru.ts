/** Russian texts of set-up on the gateway’s page, a file for each area. */
import type { Wording } from '../texts.ts';
import { setUpCamerasRu } from './set-up-cameras.ru.ts';
import { setUpDevicesRu } from './set-up-devices.ru.ts';
import { setUpPairingRu } from './set-up-pairing.ru.ts';

export const setUpRu = {
  ...setUpDevicesRu,
  ...setUpPairingRu,
  ...setUpCamerasRu,
  title: 'Настройка',
  areas: 'Что можно настроить',
  loading: 'Загрузка…',
  'part-failed': 'Эту часть не удалось показать: {why}. На остальную страницу это не влияет.',
  gone: 'На объекте этого больше нет: кто-то удалил.',
  copy: 'Скопировать',
  // every form
  'form.optional': '(можно не заполнять)',
  'form.required': 'это поле нужно заполнить',
  'form.no-number': 'это не число',
  'form.save': 'Сохранить',
  'form.saving': 'Сохраняется…',
  'form.saved': 'Сохранено и уже действует.',
  'form.discard': 'Отбросить введённое',
  'form.restored': 'Здесь то, что вы ввели раньше; это ещё не сохранено.',
  'form.kept': 'Введённое не пропало: сохраните ещё раз.',
  'form.line': '{name}, строка {number, number}',
  'form.remove-line': 'Удалить {line}',
  'form.yes': 'да',
  'form.no': 'нет',
  // two people change the site at once
  'conflict.meanwhile-by': 'Пока форма была открыта, объект изменил пользователь {name}:',
  'conflict.meanwhile': 'Пока форма была открыта, объект изменился:',
  'conflict.by-hand': 'Файл объекта изменён вручную. Сначала должно вступить в силу это изменение:',
  'conflict.theirs': 'сейчас: {value}',
  'conflict.mine': 'у вас: {value}',
  'conflict.nothing': 'пусто',
  'conflict.save-too': 'Сохранить и моё',
  'conflict.keep-mine': 'Сохранить моё вместо этого',
  'conflict.drop-mine': 'Отказаться от моего',
  'conflict.take-up': 'Ввести изменённый файл в действие',
  // fields of several forms
  'field.id': 'Идентификатор',
  'field.id-taken': 'идентификатор «{id}» уже занят',
  'field.name': 'Название',
  'field.place': 'Место',
  'field.place-hint': 'Где это находится, например «подвал, слева от двери». Место видно в тревогах.',
  'credential.user': 'Пользователь',
  'credential.password': 'Пароль',
  'credential.once': 'Пароль показан один раз: введите его в устройство сейчас.',
  // rules and actions
  'rules.title': 'Правила',
  'rules.about': 'что поднимает тревогу',
  'actions.title': 'Действия',
  'actions.about': 'что объект делает сам, когда начинается тревога',
  // backup
  'backup.title': 'Резервная копия',
  'backup.about': 'один зашифрованный файл, из которого другая машина станет этим шлюзом',
  'backup.what':
    'Один зашифрованный файл с настройками, паролями, ключами и неотправленными событиями. Из него другая машина станет этим шлюзом.',
  'backup.passphrase': 'Парольная фраза для файла',
  'backup.again': 'Та же парольная фраза ещё раз',
  'backup.make': 'Сделать резервную копию',
  'backup.busy': 'Создаётся…',
  'backup.done': 'Сохранено, {size}. Без парольной фразы файл никто не откроет: храните её отдельно от него.',
  'backup.short': 'Возьмите парольную фразу не короче {least, number} знаков, например пять слов.',
  'backup.differ': 'Парольные фразы не совпадают.',
} satisfies Wording<'set-up'>;

/** Russian texts of why something does not work, from code that the gateway and the centre share. */
import type { Wording } from '../texts.ts';

export const reasonRu = {
  'http.not-there': 'адреса {method} {path} нет',
  'http.wrong-fields': 'неверные поля запроса: {fields}',
  'http.in-log': 'подробности в журнале службы',
  'http.history-away': 'хранилище истории сейчас не отвечает',
  'http.file-failed': 'центр сейчас не может записать файл: имя файла в журнале службы',
  'http.changed-meanwhile': 'это же сейчас меняет кто-то ещё: повторите',
  'http.not-now': 'сейчас не получается: повторите чуть позже',
  'http.other-site': 'запрос пришёл со страницы другого сайта',
  'http.other-site-proxy':
    'запрос пришёл со страницы другого сайта (адрес страницы {origin}, запрос к {host}). Если это та же страница за прокси, настройте прокси передавать заголовок Host (nginx: proxy_set_header Host $http_host) или X-Forwarded-Host с прокси, указанного в http.trusted_proxy',
  'http.proxies-only':
    'этот порт открыт только для прокси из http.trusted_proxy, потому что на нём нет TLS: откройте страницу по адресу прокси',
  'http.no-such-part': 'в файле нет такой части',
  'http.nobody-logs-in': 'вход здесь не настроен',
  'http.too-many-pages': 'открыто слишком много страниц',
  'http.no-time': '{name}: это не время по RFC 3339, например 2026-05-01T12:00:00Z',
} as const satisfies Wording<'reason'>;

/** Russian texts of a try of the link to the centre. A group of the part `gateway`. */
import type { gatewayLinkTestEn } from './gateway-link-test.en.ts';

export const gatewayLinkTestRu = {
  'reason.link-step': 'проверка {place}',
  'reason.link-unknown': 'канала «{name}» нет',
  'reason.link-skipped': 'не проверялось: причина указана рядом',
  'reason.link-proxy': 'путь идёт через прокси, заданный в окружении шлюза',
  'reason.link-address': 'это адрес, DNS не нужен',
  'reason.link-name': 'DNS знает его: {addresses}',
  'reason.link-no-name': 'DNS не знает «{host}»: проверьте имя в gateway.yaml',
  'reason.link-no-dns': 'DNS не отвечает на запрос о «{host}»: проверьте сеть и её сервер DNS',
  'reason.link-connected': '{address} принимает подключение',
  'reason.link-refused': 'порт {port} там никто не слушает: проверьте адрес, порт и межсетевой экран',
  'reason.link-no-route': 'туда нет пути: проверьте кабель, шлюз сети и межсетевой экран',
  'reason.link-silent': 'нет ответа за {seconds} с: возможно, подключение отбрасывает межсетевой экран',
  'reason.link-encrypted': 'шифрование {version}',
  'reason.link-certificate': 'шифрование {version}; сертификат подходит и действует до {day}',
  'reason.link-log-in': 'другая сторона знает этот шлюз',
  'reason.link-answer': 'другая сторона отвечает и готова принимать события',
} as const satisfies Readonly<Record<keyof typeof gatewayLinkTestEn, string>>;

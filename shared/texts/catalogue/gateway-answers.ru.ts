/** Russian texts of answers: what a page is refused, and what became of a command. A group of the part `gateway`. */
import type { gatewayAnswersEn } from './gateway-answers.en.ts';

export const gatewayAnswersRu = {
  'reason.no-action-secret': 'на объекте нет действия «{id}» с секретом «{name}»',
  // requests over HTTP
  'answer.no-camera': 'камеры «{id}» нет',
  'answer.no-evidence': 'этого снимка или видео больше нет',
  'answer.until-no-time': 'значение until — не время вида 2026-06-01T12:00:00Z',
  // credentials
  'answer.no-principal': 'на объекте нет устройства, моста или потребителя «{id}»',
  'answer.grace-range': 'старый пароль может действовать ещё от 0 до {most, number} секунд',
  'answer.password-length': 'в пароле должно быть от {least, number} до {most, number} знаков',
  'answer.certificates-most': 'у «{id}» может быть не больше сертификатов, чем {most, number}',
  'answer.certificate-form':
    '«{certificate}» не называет сертификата: нужен его текст PEM, или {bySha} и 64 шестнадцатеричные цифры, или {byName} и имя из него',
  'answer.certificate-needs-ca':
    'для «{certificate}» нужен mqtt.tls.client_ca в gateway.yaml: без центра сертификации клиентов таким именем может назваться кто угодно',
  'answer.certificate-taken': 'сертификат {certificate} уже принадлежит «{owner}»',
  'answer.ca-exists':
    'у объекта уже есть центр сертификации ({file}): если заменить его, всем клиентам понадобятся его новый сертификат и новые собственные; для замены укажите её явно',
  'answer.certificate-days': 'срок сертификата — от 1 до {most, number} дней',
  'answer.no-ca': 'у объекта ещё нет центра сертификации: его создаст первый сертификат',
  'answer.no-serial': 'выданного сертификата с серийным номером «{serial}» нет',
  'answer.pkcs12-passphrase': 'в пароле файла PKCS#12 должно быть от {least, number} до {most, number} знаков',
  'answer.fixed-user-taken': 'неизменное имя пользователя «{user}» уже принадлежит «{owner}»',
  'answer.fixed-user-is-id':
    'неизменное имя пользователя «{user}» — это id другого: различить их можно по id клиента MQTT',
  'answer.list-refused':
    '{count, plural, one {в списке # ошибка} few {в списке # ошибки} many {в списке # ошибок} other {в списке # ошибки}}: ничего не добавлено',
  // what was drawn and cannot be saved
  'answer.more-problems': '{reason} (и ещё ошибок: {count, number})',
  'answer.action-published': 'опубликовано в {topic}',
  'answer.action-unheard': 'опубликовано в {topic}, но никто на него не подписан',
  'answer.action-broken': 'сбой действия: {reason}',
  'answer.action-failed': 'не удалось опубликовать в {topic}',
  'answer.action-sent': '{url} отвечает {status}, время ответа {duration}',
  'answer.action-refused': '{url} отвечает {status}',
  'answer.action-late': '{url} не отвечает за {duration}',
  'answer.action-queue': 'слишком много тревог ждут {url}: самая старая отброшена',
  'answer.action-unknown': 'на объекте нет действия «{id}»',
  'answer.action-too-often': 'это действие только что пробовали: повторите через {duration}',
  'answer.action-tried': 'пробный запуск действия «{name}» ({by}): {what}',
  'answer.action-test': 'проба действия «{name}», запустил(а) {by}',
  'answer.action-test-over': 'проба действия «{name}» окончена',
  'answer.topic-of-others': 'действие не может публиковать в «{topic}»: там говорит шлюз или устройство',
  'answer.rule-wrong': 'в правиле ошибка: {words}',
  'answer.zone-drawn': 'зона «{zone}» камеры «{camera}» {problem}',
  'answer.mask-drawn': 'маска {mask} камеры «{camera}» {problem}',
  'answer.motion-mask-drawn': 'маска движения {mask} камеры «{camera}» {problem}',
  'problem.few-corners':
    'имеет {count, plural, one {# угол} few {# угла} many {# углов} other {# угла}}, а нужно не меньше 3',
  'problem.crosses-itself':
    'пересекает сама себя: сторона между углами {a} и {b} встречает сторону между углами {c} и {d}; обходите углы по порядку',
  'problem.no-area': 'не имеет площади: все её углы лежат на одной прямой',
  'answer.line-short': 'у линии «{line}» камеры «{camera}» оба конца в одной точке: её нельзя пересечь',
  'answer.no-zone': 'у камеры «{camera}» нет зоны «{zone}», а правило на неё ссылается',
  'answer.no-line': 'у камеры «{camera}» нет линии «{line}», а правило на неё ссылается',
  'answer.hint-mean': '{reason}; может быть, «{name}»?',
  'answer.hint-one': '{reason}; есть только {names}',
  'answer.hint-known': '{reason}; есть: {names}',
  'answer.no-zones': 'у камеры «{camera}» нет зоны «{zone}», а правило на неё ссылается; зон у неё нет вовсе',
  'answer.no-lines': 'у камеры «{camera}» нет линии «{line}», а правило на неё ссылается; линий у неё нет вовсе',
  'answer.line-upright':
    'линия «{line}» стоит вертикально: её пересекают влево или вправо (left, right), а в правиле {direction}',
  'answer.line-level':
    'линия «{line}» лежит горизонтально: её пересекают вверх или вниз (up, down), а в правиле {direction}',
  // what became of a command
  'answer.alarm-acknowledged': 'тревога подтверждена',
  'answer.alarm-acknowledged-before': 'тревога была подтверждена раньше',
  'answer.alarm-unknown': 'шлюз не помнит этой тревоги',
  'answer.evidence-coming':
    '{count, plural, one {передаётся # байт} few {передаются # байта} many {передаются # байт} other {передаются # байта}}',
  'answer.evidence-deleted': 'этого снимка больше нет: он удалён по сроку или уступил место новым',
  'answer.no-receiver': 'у шлюза нет HTTPS-приёмника для снимков: задайте evidence: receiver: url в gateway.yaml',
  'answer.uploads-full': 'отправки уже ждут снимков: {count, number}',
  'answer.running': 'Forpost {version}, работает {minutes, number} мин',
  'answer.status-sent': 'состояние отправлено',
  'answer.expired-by': 'команда действовала до {until}, а сейчас {now} или позже',
  'answer.expired': 'команда действовала до {until}',
  'answer.clock-unknown': 'часы шлюза не синхронизированы: неизвестно, действует ли ещё команда',
  'answer.from-future': 'время выдачи команды ({issued}) ещё не наступило: одни из часов идут неверно',
  'answer.unknown-command': 'шлюз не знает команды «{kind}»',
  'answer.wrong-arguments': 'аргументы команды не подходят: «{detail}»',
  'answer.took-too-long': 'команда не завершилась за {seconds, number} с',
  'answer.failed': 'команда не выполнена: «{error}»',
  'answer.revision-now': 'теперь действует ревизия объекта {number}',
  'answer.one-of': 'укажите одно из: {names}',
  'answer.unreadable-field': '{name} не читается: «{error}»',
  // why a command is none for this gateway
  'problem.commands-refused':
    '{count, plural, one {отклонена # команда с момента запуска: {reason}} few {отклонены # команды с момента запуска: {reason}} many {отклонено # команд с момента запуска: {reason}} other {отклонено # команды с момента запуска: {reason}}}',
  'answer.no-key': 'нет ключа, которому доверено подписывать команды',
  'answer.not-signed': 'подписана не доверенным ключом',
  'answer.too-large': 'больше {bytes, number} байт',
  'answer.no-envelope': 'это не подписанная команда (конверт DSSE)',
  'answer.other-payload': 'содержимое конверта другого типа, чем у команды',
  'answer.no-command': 'содержимое конверта — не команда',
  'answer.no-times': 'не указано, когда команда выдана и до какого времени действует',
  'answer.odd-validity': 'срок действия команды не от 0 до {hours, number} ч',
  'answer.other-gateway': 'команда предназначена шлюзу «{gateway}»',
  // a restore from the page
  'reason.restore-no-backup': 'резервной копии здесь нет: сначала отправьте её',
  'reason.restore-passphrase': 'парольная фраза не подходит к этой копии: ничего не изменено',
  'reason.restore-refused': 'копию не удалось распаковать, ничего не изменено: {reason}',
  'reason.restore-not-staged': 'восстановленного шлюза здесь нет: сначала отправьте копию и её парольную фразу',
  'reason.restore-no-start': 'восстановленный шлюз не смог бы запуститься здесь: {reason}',
  'reason.restore-no-room': 'на диске нет места для копии в {mb} МБ: освободите место',
  'reason.restore-committed': 'это устройство становится восстановленным шлюзом: дождитесь его перезапуска',
  'reason.restore-not-taken': 'восстановить здесь не удалось: {reason}',
} as const satisfies Readonly<Record<keyof typeof gatewayAnswersEn, string>>;

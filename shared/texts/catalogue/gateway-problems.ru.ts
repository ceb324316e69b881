/** Russian texts of problems in a gateway's status: rules, clocks, files, certificates, the outbox. A group of the part `gateway`. */
import type { gatewayProblemsEn } from './gateway-problems.en.ts';

export const gatewayProblemsRu = {
  // words of another program, as they are
  quotation: '«{text}»',
  // rules and times
  'problem.action-failing': 'действие «{name}» не работает: {reason}',
  'problem.rule-failed':
    '{count, plural, one {правило {rule}: ошибок при вычислении — #, последняя: {reason}} few {правило {rule}: ошибок при вычислении — #, последняя: {reason}} many {правило {rule}: ошибок при вычислении — #, последняя: {reason}} other {правило {rule}: ошибок при вычислении — #, последняя: {reason}}}',
  'problem.condition-steps':
    'на одно значение условие тратит больше {steps, number} шагов: сократите вложенность all(), exists() и map() или ищите в более коротких списках и текстах',
  'problem.condition-share':
    '{device} присылает больше, чем условие успевает проверить: на одно устройство приходится {steps, number} шагов в секунду',
  'problem.condition-items': 'условие строит текст или список длиннее {count, number} элементов',
  'problem.duration-long': 'в записи длительности не больше {count, number} символов',
  'problem.json-deep': 'в JSON здесь не больше {count, number} уровней',
  'problem.join-long': 'join() строит текст длиннее {count, number} символов',
  'problem.pattern-long': 'в шаблоне не больше {count, number} символов',
  'problem.pattern-wrong':
    'ошибка в шаблоне «{pattern}»: «{error}» (RE2: без просмотра вперёд и назад, без обратных ссылок)',
  'problem.pattern-large':
    'шаблон «{pattern}» разворачивается больше чем в {count, number} инструкций: сократите повторы',
  'problem.pattern-reading': 'в шаблоне из показания не больше {count, number} символов',
  'problem.rule-alarms': 'больше {count, number} тревог одновременно',
  'problem.rule-channels': 'у устройства {device} больше {count, number} каналов одновременно вышли за порог',
  'problem.times-late':
    '{name}: {count, plural, one {# показание опоздало} few {# показания опоздали} many {# показаний опоздали} other {# показания опоздали}} больше чем на {limit} и не вызвали тревоги (последнее отстаёт на {off}): проверьте часы устройства',
  'problem.times-early':
    '{name}: {count, plural, one {# показание} few {# показания} many {# показаний} other {# показания}} со временем больше чем на {limit} в будущем (последнее спешит на {off}): проверьте часы устройства',
  'problem.clock-unknown':
    'часы шлюза не синхронизированы, точное время неизвестно: {what}. Подключите шлюз к серверу времени или объявите его часы верными (gateway.yaml: clock: trusted: true)',
  'problem.clock-hours': 'правила с часами действуют круглые сутки ({rules})',
  'problem.clock-differs': 'часы расходятся с временем устройств: {devices}; их показания всё равно вызывают тревоги',
  'clock.both': '{hours}; {differs}',
  'clock.and-more': '{names} и ещё {count, number}',
  'problem.reused-ids':
    '{name} повторяет id: {count, plural, one {# показание пришло} few {# показания пришли} many {# показаний пришли} other {# показания пришли}} с id более раннего, но с другим содержимым, последнее — {time}. Все они сохранены, но показание, во всём равное более раннему с тем же id, отбрасывается как повтор: настройте неповторяющиеся id — например, число запусков с порядковым номером или UUID',
  // the outbox, pictures, the page
  'problem.outbox-not-opened':
    'не удаётся открыть {file}: «{error}»; папка должна существовать и быть доступна для записи',
  'problem.outbox-not-now': 'файл {file} сейчас не открыть',
  'problem.outbox-newer':
    'файл {file} записан более новым Forpost (версия таблиц {schema, number}, этот знает {known, number}): установите ту версию или уберите файл, чтобы начать заново',
  'problem.outbox-no-file': '{path} — не файл',
  'problem.outbox-link': '{path} — ссылка на саму себя',
  'problem.outbox-thread': 'поток очереди завершился: «{error}»',
  'problem.outbox-commit': 'запись в очередь не удалась: «{error}»',
  'problem.without-words': 'без сообщения',
  'problem.pictures-no-room': 'снимки тревог не сохраняются: диск заполнен',
  'problem.pictures-too-large': 'снимки тревог не сохраняются: они слишком большие',
  'problem.pictures-not-kept': 'снимки тревог не удаётся хранить в {folder}: «{error}»',
  'problem.no-page': 'страница не открыта: {reason}',
  'problem.port-taken': '{where} занят другой программой: остановите её или задайте другой порт ({setting})',
  'problem.reload-one': 'при перечитывании найдена ошибка, действует прежняя конфигурация: {reason}',
  'problem.reload-more':
    'при перечитывании найдены ошибки, действует прежняя конфигурация: {reason} (и ещё ошибок: {count, number})',
  // gateway.yaml and its files
  'problem.key-no-key': '{setting}: «{text}» — не ключ: возьмите строку, которую печатает forpost cloud key',
  'problem.keys-not-there': '{setting}: файла {file} нет, команды по его ключам не принимаются',
  'problem.keys-unreadable': '{setting}: файл {file} не читается («{error}»), команды по его ключам не принимаются',
  'problem.password-weak':
    '{setting}: {reason}; прочитав этот файл, пароль можно подобрать — создайте новый командой {command}',
  'problem.hash-cheap': 'хеш argon2id вычисляется слишком быстро (m={memory}, t={passes})',
  'problem.hash-salt': 'у хеша слишком короткая соль',
  'problem.hash-short': 'хеш слишком короткий',
  'problem.secrets-readable':
    'в {path} лежат секреты, а прочитать файл может любой пользователь этой машины (права {mode}): chmod o= {path}',
  'problem.data-readable':
    'папку данных {path} может прочитать любой пользователь этой машины (права {mode}): chmod o= {path}',
  'problem.file-writable': '{path} может изменить любой пользователь этой машины (права {mode}): chmod o-w {path}',
  'problem.not-written': 'не удаётся записать {file}: {reason}',
  'problem.link-not-written': 'не удаётся записать {file} (по ссылке {link}): {reason}',
  'reason.file-closed':
    'пользователь {user} не имеет права писать ни в {folder}, ни в {file}. Файл заменяется новым рядом с ним: отдайте папку этому пользователю (chown) или запускайте программу от имени владельца',
  'reason.read-only':
    '{folder} подключена только для чтения: разрешите запись, укажите другое место или меняйте файл там, где он создаётся',
  'reason.full-as-was': 'диск заполнен, файл остался прежним',
  'reason.folder-gone': 'папки {folder} нет',
  'reason.no-folder': '{folder} — не папка',
  // certificates
  'reason.of': '{name}: {reason}',
  'problem.port-waits': '{setting}: {reason}; пока файл не прочитать, порт отклоняет подключения, перезапуск не нужен',
  'problem.certificate-before': 'новый сертификат не применён, действует прежний: {reason}',
  'problem.certificate-own': 'сертификат {reason}',
  'problem.certificate-beneath': 'вышестоящий сертификат {name} {reason}',
  'problem.certificate-ended': 'истёк {day}: замените его новым, перезапуск не нужен',
  'problem.certificate-early': 'по часам этой машины начнёт действовать только {day}: поправьте часы или подождите',
  'problem.certificate-ends-today': 'истекает {day}, осталось меньше суток: замените его новым, перезапуск не нужен',
  'problem.certificate-ends':
    'истекает {day} ({count, plural, one {через # день} few {через # дня} many {через # дней} other {через # дня}}): замените его новым, перезапуск не нужен',
  'problem.certificate-names':
    'сертификат выдан не для {names}, а для {covers}: клиенты, которые обращаются по этому имени, его отвергнут',
  'problem.file-not-there': 'файла {file} нет',
  'problem.file-unreadable': 'файл {file} не читается',
  'problem.file-unreadable-because': 'файл {file} не читается («{error}»)',
  'problem.no-key-in': 'в {file} нет ключа в формате PEM',
  'problem.key-locked': 'ключ {file} защищён паролем: возьмите ключ без пароля',
  'problem.key-of-other': '{key} — ключ не от сертификата {certificate}',
  'problem.certificate-first': 'собственный сертификат сервера должен стоять в {file} первым',
  'problem.files-unusable': '{certificate} и {key} не подходят: «{error}»',
  'problem.needs-key': 'к {file} нужен ключ: добавьте tls.key',
  'problem.needs-certificate': 'к {file} нужен сертификат: добавьте tls.certificate',
  'problem.file-expired': '{file}: срок действия истёк ({day}), положите туда новый',
  'problem.certificate-not-made': 'собственный сертификат шлюза не обновлён, действует прежний: {reason}',
  'problem.ca-unusable':
    'центр сертификации объекта непригоден: {reason}. Верните {file} из резервной копии или создайте новый центр командой «{command}»',
  'problem.ca-ends':
    'центр сертификации объекта действует до {day}: заранее создайте новый командой «{command}» и передайте его сертификат всем клиентам',
  'problem.ca-ended':
    'срок центра сертификации объекта истёк {day}, он больше ничего не подписывает: создайте новый командой «{command}» и передайте его сертификат всем клиентам',
  'problem.ca-early':
    'по часам этой машины центр сертификации объекта начнёт действовать только {day}: поправьте часы; если они были неверны при его создании, создайте новый командой «{command}»',
  'problem.register-unreadable':
    'список выданных сертификатов {file} непригоден («{error}»): пока его не вернут из резервной копии или не удалят, сертификаты не выдаются',
  'problem.clients-end':
    '{count, plural, one {истекает сертификат клиента {names}} few {истекают сертификаты у {count, number} устройств ({names})} many {истекают сертификаты у {count, number} устройств ({names})} other {истекают сертификаты у {count, number} устройств ({names})}}, первый — {day}: выпустите новые командой «{command}»',
  'problem.clients-ended':
    '{count, plural, one {сертификат клиента {names} истёк, по нему больше не войти} few {сертификаты {count, number} устройств истекли, по ним больше не войти ({names})} many {сертификаты {count, number} устройств истекли, по ним больше не войти ({names})} other {сертификаты {count, number} устройств истекли, по ним больше не войти ({names})}}, первый — {day}: выпустите новые командой «{command}»',
} as const satisfies Readonly<Record<keyof typeof gatewayProblemsEn, string>>;

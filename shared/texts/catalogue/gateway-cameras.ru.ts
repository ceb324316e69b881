/** Russian texts about finding and testing cameras. A group of the part `gateway`. */
import type { gatewayCamerasEn } from './gateway-cameras.en.ts';

export const gatewayCamerasRu = {
  // a search
  'reason.camera-elsewhere':
    'камера называет только адрес {address}, которого нет в сетях этого шлюза: дайте ей адрес из этой сети или введите её адрес',
  'reason.network-not-asked': 'сеть {network} не удалось опросить: {reason}',
  // a camera that is asked over ONVIF
  'reason.onvif-scheme': 'это не адрес камеры: введите её IP-адрес или http:// и имя',
  'reason.onvif-slow': '{where} не успевает ответить полностью',
  'reason.onvif-broken': '{where} прерывает связь: {error}',
  'reason.onvif-large': '{where} отвечает длиннее, чем может ответить камера: камера ли это?',
  'reason.onvif-wrong-login':
    'камера не принимает этого пользователя или этот пароль. У некоторых камер свои пользователи для ONVIF, а несколько неверных попыток их блокируют',
  'reason.camera-locked':
    'камера заблокировала этого пользователя после неверных попыток: подождите или перезапустите камеру',
  'reason.camera-locked-for':
    'камера заблокировала этого пользователя после неверных попыток: подождите {minutes, plural, one {# минуту} few {# минуты} many {# минут} other {# минуты}} или перезапустите камеру',
  'reason.onvif-unreadable': '{where} отвечает, но не так, как камера по ONVIF: введите адрес её потока (rtsp://…)',
  'reason.onvif-off':
    '{where} не говорит по ONVIF (ответ с кодом {status}): включите ONVIF в настройках камеры или введите адрес её потока (rtsp://…)',
  'reason.onvif-refuses': 'камера отказывает: {words}',
  'reason.onvif-answer': 'камера отвечает на запрос ONVIF так, что ответ нельзя прочитать',
  'reason.onvif-no-video': 'камера не называет ни одного потока с видео: включите поток в её настройках',
  'reason.onvif-no-address': 'камера называет поток без пригодного адреса: {words}',
  'reason.onvif-other-host':
    'камера называет свои потоки по адресу {named}; они открываются по опрошенному адресу {host}, и пароль больше никуда не отправляется',
  'reason.onvif-more-profiles':
    '{count, plural, one {ещё # поток не показан} few {ещё # потока не показаны} many {ещё # потоков не показаны} other {ещё # потока не показаны}}: если нужен один из них, введите его адрес',
  'reason.onvif-clock-ahead':
    'часы камеры спешат на {minutes, plural, one {# минуту} few {# минуты} many {# минут} other {# минуты}}: установите их или укажите сервер времени',
  'reason.onvif-clock-behind':
    'часы камеры отстают на {minutes, plural, one {# минуту} few {# минуты} many {# минут} other {# минуты}}: установите их или укажите сервер времени',
  // the test of a stream
  'reason.test-network-only': 'проверяются только потоки сетевых камер: rtsp://, rtsps://, http://, https://',
  'reason.test-failed': 'проверка не удалась: {reason}',
  'reason.set-up-slow': 'камера не уложилась в {seconds, number} с',
  'reason.set-up-broken': 'проверка прервалась ({reason}): данные камеры не удалось обработать',
  'reason.set-up-stopped': 'шлюз останавливается',
  'answer.set-up-busy': 'уже опрашиваются две камеры: повторите чуть позже',
  'answer.not-a-camera': 'это не адрес камеры: 10.0.0.7, http://… или rtsp://…',
  'answer.not-found-here': 'этой камеры больше нет в списке найденных: повторите поиск',
  'answer.login-elsewhere':
    'пароль камеры «{camera}» отправляется только на её собственный адрес: для другого введите пользователя и пароль',
  'finding.udp': 'передаёт только по UDP: в загруженной сети кадры теряются. Камера будет добавлена с transport: udp',
  'finding.h265':
    'H.265: декодирование требует примерно вдвое больше работы, и многие браузеры не воспроизводят такие записи. Лучше H.264',
  'finding.too-large':
    'поток слишком велик для этого шлюза: декодирование занимает {percent, number} % ядра процессора. Выберите для обнаружения поток поменьше',
  'finding.heavy': 'декодирование занимает {percent, number} % ядра процессора: для обнаружения хватит потока поменьше',
  'finding.no-key-frame':
    'двух ключевых кадров не было за {seconds, number} с: задайте в камере интервал ключевых кадров (I-frame, GOP) 1 или 2 с',
  'finding.rare-key-frames':
    'ключевой кадр лишь раз в {seconds, number} с: записи начинаются поздно. Задайте интервал (I-frame, GOP) 1 или 2 с',
  'finding.few-frames': 'частота всего {rate, number} кадр/с: быстро прошедшего человека можно пропустить',
  'finding.high-rate': '{megabits, number} Мбит/с: меньший битрейт сбережёт сеть и диск',
} as const satisfies Readonly<Record<keyof typeof gatewayCamerasEn, string>>;

/** English texts of answers: what a page is refused, and what became of a command. A group of the part `gateway`. */
export const gatewayAnswersEn = {
  // requests over HTTP
  'answer.no-camera': 'no camera "{id}"',
  'answer.no-evidence': 'this picture or clip is not kept any more',
  'answer.until-no-time': '"until" is not a time such as 2026-06-01T12:00:00Z',
  // credentials
  'answer.no-principal': 'the site has no device, bridge or consumer "{id}"',
  'answer.grace-range': 'a grace has 0 to {most, number} seconds',
  'answer.password-length': 'a password has {least, number} to {most, number} letters',
  'answer.certificates-most': '"{id}" may have at most {most, number} certificates',
  'answer.certificate-form':
    '"{certificate}" names no certificate: give its PEM text, or {bySha} with 64 hex digits, or {byName} with a name in it',
  'answer.certificate-needs-ca':
    '"{certificate}" needs mqtt.tls.client_ca in gateway.yaml: without a CA of clients’ certificates anybody may have that name',
  'answer.certificate-taken': 'the certificate {certificate} is that of "{owner}" already',
  'answer.fixed-user-taken': 'the fixed user name "{user}" is that of "{owner}" already',
  'answer.fixed-user-is-id': 'the fixed user name "{user}" is the id of another: a client id tells the two apart',
  'answer.list-refused':
    '{count, plural, one {# mistake is in the list} other {# mistakes are in the list}}: nothing was added',
  // what was drawn and cannot be saved
  'answer.more-problems': '{reason} (and {count, number} more)',
  'answer.zone-drawn': 'the zone "{zone}" of camera "{camera}" {problem}',
  'answer.mask-drawn': 'the mask {mask} of camera "{camera}" {problem}',
  'answer.motion-mask-drawn': 'motion mask {mask} of camera "{camera}" {problem}',
  'problem.few-corners':
    'has {count, plural, one {# different corner} other {# different corners}}, and needs 3 or more',
  'problem.crosses-itself':
    'crosses itself: the line from corner {a} to {b} meets the line from corner {c} to {d}; give the corners in order around it',
  'problem.no-area': 'has no area: all its corners lie on one line',
  'answer.line-short': 'the line "{line}" of camera "{camera}" has both its ends in one place: nobody can cross it',
  'answer.no-zone': 'camera "{camera}" has no zone "{zone}"',
  'answer.no-line': 'camera "{camera}" has no line "{line}"',
  'answer.hint-mean': '{reason}; did you mean "{name}"?',
  'answer.hint-one': '{reason}; there is {names}',
  'answer.hint-known': '{reason}; there are {names}',
  'answer.no-zones': 'camera "{camera}" has no zone "{zone}"; it has no zones',
  'answer.no-lines': 'camera "{camera}" has no line "{line}"; it has no lines',
  'answer.line-upright': 'the line "{line}" lies upright: it is crossed to the left or right, not {direction}',
  'answer.line-level': 'the line "{line}" lies level: it is crossed up or down, not {direction}',
  // what became of a command
  'answer.alarm-acknowledged': 'the alarm is acknowledged',
  'answer.alarm-acknowledged-before': 'the alarm was acknowledged before',
  'answer.alarm-unknown': 'the gateway does not remember this alarm',
  'answer.evidence-coming': '{count, plural, one {# byte is on its way} other {# bytes are on their way}}',
  'answer.evidence-deleted': 'it is no longer kept: it was deleted for its age or for newer evidence',
  'answer.no-receiver':
    'this gateway has no HTTPS receiver to send pictures to: configure evidence: receiver: url in gateway.yaml',
  'answer.uploads-full': '{count, number} pictures already wait to be sent',
  'answer.running': 'Forpost {version}, started {minutes, number} min ago',
  'answer.status-sent': 'the state is sent',
  'answer.expired-by': 'it held until {until}, and the time is {now} or later',
  'answer.expired': 'it held until {until}',
  'answer.clock-unknown': 'the gateway’s clock is not in sync: it cannot tell whether the command still holds',
  'answer.from-future': 'it was issued in the future ({issued}): one of the clocks is wrong',
  'answer.unknown-command': 'this gateway knows no command "{kind}"',
  'answer.wrong-arguments': 'its arguments do not fit: {detail}',
  'answer.took-too-long': 'it did not end within {seconds, number} s',
  'answer.failed': 'it failed: {error}',
  'answer.revision-now': 'revision {number} is the site now',
  'answer.one-of': 'name one of {names}',
  'answer.unreadable-field': '{name} cannot be read: {error}',
  // why a command is none for this gateway
  'problem.commands-refused':
    '{count, plural, one {1 command was refused: {reason}} other {# commands were refused since the start: {reason}}}',
  'answer.no-key': 'no key is trusted to sign commands',
  'answer.not-signed': 'no trusted key has signed it',
  'answer.too-large': 'it is larger than {bytes, number} bytes',
  'answer.no-envelope': 'it is not a signed command (a DSSE envelope)',
  'answer.other-payload': 'its payload is of another type than a command’s',
  'answer.no-command': 'its payload is not a command',
  'answer.no-times': 'it does not say when it was issued and when it expires',
  'answer.odd-validity': 'it is not valid for between 0 and {hours, number} h',
  'answer.other-gateway': 'it is for the gateway "{gateway}"',
} as const;

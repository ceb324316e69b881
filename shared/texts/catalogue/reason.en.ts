/**
 * English texts of why something does not work, from code that the gateway and the centre share: files, certificates,
 * HTTP. See ../texts.ts for the rules of a key. ../recognise.ts finds each of these texts again by its words.
 */
export const reasonEn = {
  // what a request is refused
  'http.not-there': '{method} {path} does not exist',
  'http.wrong-fields': 'the request has wrong fields: {fields}',
  'http.in-log': 'the log has the details',
  'http.history-away': 'the history does not answer now',
  'http.file-failed': 'the centre cannot write a file now: its log names the file',
  'http.changed-meanwhile': 'others change the same thing now: try again',
  'http.not-now': 'this does not work now: try again in a moment',
  'http.other-site': 'this request came from the page of another site',
  'http.other-site-proxy':
    'this request came from the page of another site (the page is at {origin}, the request is for {host}): if that is this page behind a proxy, have the proxy pass on the Host header (nginx: proxy_set_header Host $http_host), or X-Forwarded-Host from a proxy that http.trusted_proxy names',
  'http.proxies-only':
    'this port is for the proxies of http.trusted_proxy alone, because it has no TLS: open the page by the proxy’s address',
  'http.no-such-part': 'there is no such part',
  'http.nobody-logs-in': 'nobody can log in here',
  'http.too-many-pages': 'too many pages are open',
  'http.no-time': '{name} is no RFC 3339 time such as 2026-05-01T12:00:00Z',
  // what the centre answers a gateway; both pages show it
  'other-site':
    'the gateway "{gateway}" belongs to the site "{own}" and says "{site}": if it was moved, or its site was renamed, staff first move it at the centre («Move to another site», or forpost cloud move)',
  'receiver.many-strangers': 'too many tries without a known token or certificate from this address',
  'receiver.over-limit': 'the gateway "{gateway}" sends more than its limit: send it again later',
  'receiver.encoding': 'content-encoding "{encoding}" is not known here: use zstd or identity',
  'receiver.long-event': 'line {line}: an event of {bytes} bytes, and {most} is the most',
  'receiver.many-lines': 'more than {most} lines: send fewer events at once',
  'receiver.in-line': 'line {line}: {reason}',
  'receiver.not-for': 'the gateway "{gateway}" cannot speak for "{other}"',
  'receiver.certificate-asked': 'this receiver asks for the certificate of a gateway: configure tls.certificate',
  'receiver.two-gateways': 'the certificate is of "{certified}" and the token of "{tokened}"',
  'receiver.locked-out': 'the gateway "{gateway}" is locked out at this centre (gateways: {gateway}: refused)',
  'receiver.token': 'this needs the token of a gateway (Authorization: Bearer …)',
  'receiver.certificate-refused': 'the certificate is no way in: {reason}',
  'receiver.certificate-nameless':
    'the certificate names no gateway: its CN, or its one DNS name, is to be the gateway’s id',
  'receiver.certificate-expired': 'it has expired: put a new one on the gateway',
  'receiver.certificate-early': 'it is not valid yet by this centre’s clock',
  'receiver.certificate-unsigned': 'the CA of this centre’s gateways did not sign it ({code})',
  'receiver.many-bodies': '{count} bodies of the gateway "{gateway}" are on their way already',
  'receiver.large-bodies': 'the bodies of the gateway "{gateway}" take {bytes} bytes already',
  'receiver.busy': 'too much is on its way: send it again',
  'receiver.large-body': 'a body of more than {bytes} bytes',
  'receiver.unpacks-large': 'the body unpacks to more than {bytes} bytes: send fewer events at once',
  'receiver.packed': 'the body is packed more than {times} times: no events are like that',
  'receiver.no-zstd': 'the body is not zstd: {said}',
  'receiver.not-asked': 'nobody asked for this',
  'receiver.content-range': 'content-range: bytes FIRST-LAST/TOTAL is to say which part this is',
  'receiver.other-size': '{asked} bytes were asked for, not {sent}',
  'receiver.next-byte': 'byte {byte} is next',
  'receiver.other-hash': 'what came has another SHA-256 than the alert said',
  // files
  'file.unwritable': 'the file {file} cannot be written: {reason}',
  'file.failed': 'the file {file}: {error}',
} as const;

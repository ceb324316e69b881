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
} as const;

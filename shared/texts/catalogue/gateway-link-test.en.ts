/** English texts of a try of the link to the centre. A group of the part `gateway`. */
export const gatewayLinkTestEn = {
  'reason.link-step': 'the try of {place}',
  'reason.link-unknown': 'there is no uplink "{name}"',
  'reason.link-skipped': 'not tried, because of what is named beside it',
  'reason.link-proxy': 'the way goes through the proxy that the environment of the gateway names',
  'reason.link-address': 'it is an address, which needs no DNS',
  'reason.link-name': 'DNS knows it: {addresses}',
  'reason.link-no-name': 'DNS does not know "{host}": check the name in gateway.yaml',
  'reason.link-no-dns': 'DNS does not answer for "{host}": check the network and its DNS server',
  'reason.link-connected': '{address} takes the connection',
  'reason.link-refused': 'nothing listens on port {port} there: check address and port, and the firewall',
  'reason.link-no-route': 'no way leads there: check the network cable, the gateway of the network and the firewall',
  'reason.link-silent': 'no answer within {seconds} s: a firewall may drop the connection',
  'reason.link-encrypted': 'encrypted by {version}',
  'reason.link-certificate': 'encrypted by {version}; its certificate fits and is valid until {day}',
  'reason.link-log-in': 'the other side knows this gateway',
  'reason.link-answer': 'the other side answers, and is ready for events',
} as const;

/**
 * Addresses of brokers: HOST:PORT, an IPv6 address in brackets ([::1]:9092). kafkajs takes the part before the first colon
 * as the host, so this file gives an IPv6 address a name of its own, and turns it back into the address at the socket.
 */
import { isIP, isIPv6, connect as plainConnect, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { type ClientTls, tlsOptions } from '../client-tls.ts';
import { isLoopback } from '../http/loopback.ts';
import { type Words, words } from '../texts/english.ts';

export interface Broker {
  /** without brackets */
  readonly host: string;
  readonly port: number;
}

const brokerPattern = '^(\\[[0-9A-Fa-f:.]+\\]|[^:/@\\s\\[\\]]+):[0-9]{1,5}$';
const format = new RegExp(brokerPattern);
const mostPort = 65_535;

/** undefined for text that is no broker address */
export function parseBroker(text: string): Broker | undefined {
  if (!format.test(text)) return undefined;
  const colon = text.lastIndexOf(':');
  const bracketed = text.slice(0, colon);
  const host = bracketed.replace(/^\[|\]$/g, '');
  const port = Number(text.slice(colon + 1));
  if (port < 1 || port > mostPort || (bracketed !== host && !isIPv6(host))) return undefined;
  return { host, port };
}

/** Why this is no broker address, in words; undefined for a valid one. */
export function brokerProblem(text: string): Words | undefined {
  if (parseBroker(text) !== undefined) return undefined;
  if (isIP(text) === 6) return words('mistake/broker.no-port', { text });
  const bare = /^(.*:.*):([0-9]{1,5})$/.exec(text);
  if (bare !== null && isIP(bare[1] ?? '') === 6)
    return words('mistake/broker.brackets', { text, host: `${bare[1]}`, port: `${bare[2]}` });
  if (/^\S+:[0-9]+$/.test(text) && Number(text.slice(text.lastIndexOf(':') + 1)) > mostPort)
    return words('mistake/broker.port', { text, most: String(mostPort) });
  if (text.endsWith(':0')) return words('mistake/broker.port', { text, most: String(mostPort) });
  return words('mistake/broker.none', { text });
}

/** The brokers that are on other machines. */
export function remoteBrokers(brokers: readonly string[]): readonly string[] {
  return brokers.filter((text) => !isLoopback(parseBroker(text)?.host ?? text));
}

const ipv6Name = /^ipv6-([0-9a-f.-]+)\.invalid$/;

/** The addresses in the form for kafkajs. */
export function kafkajsBrokers(brokers: readonly string[]): string[] {
  return brokers.map((text) => {
    const broker = parseBroker(text);
    if (broker === undefined || !isIPv6(broker.host)) return text;
    return `ipv6-${broker.host.toLowerCase().replaceAll(':', '-')}.invalid:${broker.port}`;
  });
}

/** The real host behind a name that kafkajs was given or Kafka advertised. */
export function realHost(host: string): string {
  const address = ipv6Name.exec(host)?.[1];
  return address === undefined ? host : address.replaceAll('-', ':');
}

/** between keep-alive probes, as on kafkajs' own sockets */
const keepAliveMs = 60_000;

/** The socket factory for kafkajs, which reports an error thrown here as the reason of the failed connection. */
export function brokerSockets(tls: ClientTls | undefined) {
  return (to: { readonly host: string; readonly port: number; readonly onConnect: () => void }): Socket => {
    const { port, onConnect } = to;
    const host = realHost(to.host);
    const name = isIP(host) === 0 ? { servername: host } : {};
    const socket =
      tls === undefined
        ? plainConnect({ host, port }, onConnect)
        : tlsConnect({ host, port, ...name, ...tlsOptions(tls) }, onConnect);
    return socket.setKeepAlive(true, keepAliveMs);
  };
}

/** HOST:PORT of an error's broker when Kafka advertised it; undefined for a configured broker. */
export function advertised(broker: string, configured: readonly string[]): string | undefined {
  const colon = broker.lastIndexOf(':');
  const host = realHost(broker.slice(0, colon));
  const port = Number(broker.slice(colon + 1));
  const known = configured.some((text) => {
    const one = parseBroker(text);
    return one?.host === host && one.port === port;
  });
  return known ? undefined : `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

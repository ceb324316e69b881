/**
 * Reads a camera's answer to a WS-Discovery probe. Pure.
 *
 * A camera names its ONVIF addresses as it knows them: several, IPv6 ones, a factory address of another network
 * (192.168.1.108), or none. One that this machine can reach directly is chosen; a camera without one is shown with
 * the reason.
 */
import { isIP } from 'node:net';
import { words } from '@forpost/shared/texts/english.ts';
import type { FoundCamera } from '../../messages.ts';
import { plain } from '../plain.ts';
import { children, type Element, readSoap, textAt } from '../soap.ts';
import { liesWithin, type OwnAddress } from './networks.ts';

/** of one answer */
const mostMatches = 16;
const mostAddresses = 16;
const longestAddress = 300;

/** The cameras in an answer that came from the address `host`; none: it is no answer of a camera. */
export function camerasIn(text: string, host: string, networks: readonly OwnAddress[]): readonly FoundCamera[] {
  const matches = children(readSoap(text)?.body, 'probeMatches', 'probeMatch').slice(0, mostMatches);
  return matches.flatMap((match) => cameraOf(match, host, networks) ?? []);
}

function cameraOf(match: Element, host: string, networks: readonly OwnAddress[]): FoundCamera | undefined {
  const addresses = textAt(match, 'XAddrs').split(/\s+/).slice(0, mostAddresses);
  const types = textAt(match, 'types');
  const scopes = scopesOf(textAt(match, 'scopes'));
  // printers, computers and disks answer probes too
  const isCamera = /NetworkVideo|\bDevice\b/i.test(types) || scopes.isOnvif;
  if (!isCamera) return undefined;
  const id = plain(textAt(match, 'endpointReference', 'address'), 120) || `at ${host}`;
  const known = { id, name: scopes.name, model: scopes.hardware, host: host.replace(/^::ffff:/, '') };
  const address = reachable(addresses, known.host, networks);
  if (address !== undefined) return { ...known, address };
  const elsewhere = addresses.flatMap((one) => placeOf(one)?.hostname ?? [])[0] ?? known.host;
  return { ...known, problem: words('gateway/reason.camera-elsewhere', { address: plain(elsewhere) }) };
}

/** The address that answered, else the first one in a network of this machine. */
function reachable(addresses: readonly string[], host: string, networks: readonly OwnAddress[]): string | undefined {
  const places = addresses.flatMap((one) => placeOf(one) ?? []);
  const near = places.filter(({ hostname }) => liesWithin(bare(hostname), networks));
  const ranked = [
    ...near.filter(({ hostname }) => bare(hostname) === host),
    ...near.filter(({ hostname }) => isIP(bare(hostname)) === 4),
    ...near.filter(({ hostname }) => !/^fe80/i.test(bare(hostname))),
  ];
  // plain HTTP first: a factory's certificate needs a decision of the installer
  return (
    ranked.find(({ protocol, hostname }) => protocol === 'http:' && hostname === ranked[0]?.hostname) ?? ranked[0]
  )?.href;
}

/** An address that may be asked: http or https at an IP address, without a log-in in it. */
function placeOf(address: string): URL | undefined {
  if (address.length > longestAddress) return undefined;
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol) || isIP(bare(url.hostname)) === 0) return undefined;
  url.username = '';
  url.password = '';
  url.hash = '';
  return url;
}

function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

/** onvif://www.onvif.org/name/HIKVISION%20DS-2CD2143G0-I */
function scopesOf(text: string): { readonly name: string; readonly hardware: string; readonly isOnvif: boolean } {
  const scopes = text.split(/\s+/).slice(0, 64);
  const partOf = (kind: string) => {
    const found = scopes.find((one) => one.toLowerCase().startsWith(`onvif://www.onvif.org/${kind}/`));
    return plain(unescaped(found?.slice(`onvif://www.onvif.org/${kind}/`.length) ?? ''));
  };
  return {
    name: partOf('name'),
    hardware: partOf('hardware'),
    isOnvif: scopes.some((one) => /^onvif:/i.test(one)),
  };
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

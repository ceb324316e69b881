/** Names of Shelly's models by the first part of a device's id (shelly-api-docs.shelly.cloud, the device pages). */

const names: Readonly<Record<string, string>> = {
  shelly1: 'Shelly 1',
  shelly1pm: 'Shelly 1PM',
  'shellyplug-s': 'Shelly Plug S',
  shellyplug: 'Shelly Plug',
  shellyem: 'Shelly EM',
  shellyem3: 'Shelly 3EM',
  shellyht: 'Shelly H&T',
  shellyflood: 'Shelly Flood',
  shellydw2: 'Shelly Door/Window 2',
  shellyswitch25: 'Shelly 2.5',
  shellyplus1: 'Shelly Plus 1',
  shellyplus1pm: 'Shelly Plus 1PM',
  shellyplus2pm: 'Shelly Plus 2PM',
  shellyplusi4: 'Shelly Plus i4',
  shellyplusht: 'Shelly Plus H&T',
  shellyplusplugs: 'Shelly Plus Plug S',
  shellyplussmoke: 'Shelly Plus Smoke',
  shellypmmini: 'Shelly PM Mini',
  shellypmminig3: 'Shelly PM Mini Gen3',
  shelly1minig3: 'Shelly 1 Mini Gen3',
  shelly1pmminig3: 'Shelly 1PM Mini Gen3',
  shellyplugsg3: 'Shelly Plug S Gen3',
  shellyhtg3: 'Shelly H&T Gen3',
  shellyemg3: 'Shelly EM Gen3',
  shelly3em63g3: 'Shelly 3EM-63 Gen3',
  shellypro1: 'Shelly Pro 1',
  shellypro1pm: 'Shelly Pro 1PM',
  shellypro2: 'Shelly Pro 2',
  shellypro2pm: 'Shelly Pro 2PM',
  shellypro3: 'Shelly Pro 3',
  shellypro4pm: 'Shelly Pro 4PM',
  shellyproem50: 'Shelly Pro EM-50',
  shellypro3em: 'Shelly Pro 3EM',
};

/** The model of a device's id; an unknown one as it stands in the id; undefined: the id names none. */
export function modelName(id: string): string | undefined {
  const [, key] = /^(shelly[a-z0-9-]*?)-[0-9a-f]{4,12}$/i.exec(id) ?? [];
  if (key === undefined) return undefined;
  const known = key.toLowerCase();
  return Object.hasOwn(names, known) ? names[known] : key;
}

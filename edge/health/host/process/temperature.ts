/**
 * Temperatures: sensors of the kernel's hwmon (Documentation/hwmon/sysfs-interface.rst) and its thermal zones
 * (Documentation/driver-api/thermal/sysfs-api.rst), both in thousandths of a degree.
 *
 * Always: one sensor a chip, its hottest; a zone that only repeats a chip is left out; values that no machine survives
 * are no temperatures (drivers return them for a sensor that is not connected).
 */
import { words } from '@forpost/shared/texts/english.ts';
import type { Known, Sensor, Temperature } from '../reading.ts';
import type { Root } from './root.ts';

const hwmon = '/sys/class/hwmon';
const zones = '/sys/class/thermal';
const lowest = -45;
const highest = 150;
const mostSensors = 16;
const mostTrips = 12;

export async function temperature(root: Root): Promise<Known<Temperature>> {
  const chips = await Promise.all((await root.names(hwmon)).map((chip) => chipSensor(root, `${hwmon}/${chip}`)));
  const fromChips = chips.filter((sensor) => sensor !== undefined);
  const named = new Set(fromChips.map(({ name }) => name.split(' ')[0] ?? ''));
  const zoneNames = (await root.names(zones)).filter((name) => name.startsWith('thermal_zone'));
  const fromZones = await Promise.all(zoneNames.map((zone) => zoneSensor(root, `${zones}/${zone}`, named)));
  const sensors = [...fromChips, ...fromZones.filter((sensor) => sensor !== undefined)].slice(0, mostSensors);
  if (sensors.length === 0) return { unknown: words('gateway/reason.host-no-sensor') };
  return { sensors };
}

/** The hottest sensor of a chip. */
async function chipSensor(root: Root, chip: string): Promise<Sensor | undefined> {
  const [name, files] = await Promise.all([root.text(`${chip}/name`), root.names(chip)]);
  if (name === undefined) return undefined;
  const inputs = files.filter((file) => /^temp\d+_input$/.test(file)).map((file) => file.slice(0, -'_input'.length));
  const found = await Promise.all(
    inputs.map(async (input) => {
      const [value, label, crit] = await Promise.all([
        root.number(`${chip}/${input}_input`),
        root.text(`${chip}/${input}_label`),
        root.number(`${chip}/${input}_crit`),
      ]);
      return { label: label ?? '', ...celsiusOf(value, crit) };
    }),
  );
  // AMD's Tctl is Tdie with an offset for the fans: if the chip has both, Tdie is the temperature
  const hasDie = found.some(({ label }) => label === 'Tdie');
  const usable = found.flatMap(({ label, celsius, critical }) =>
    celsius === undefined || (hasDie && label === 'Tctl') ? [] : [{ label, celsius, critical }],
  );
  const hottest = usable.toSorted((a, b) => b.celsius - a.celsius)[0];
  if (hottest === undefined) return undefined;
  const { label, celsius, critical } = hottest;
  const of = kindOf(name);
  return {
    name: label === '' ? name : `${name} ${label}`,
    of,
    celsius,
    ...(critical === undefined ? {} : { critical }),
  };
}

async function zoneSensor(root: Root, zone: string, chips: ReadonlySet<string>): Promise<Sensor | undefined> {
  const [type, value] = await Promise.all([root.text(`${zone}/type`), root.number(`${zone}/temp`)]);
  if (type === undefined) return undefined;
  // the kernel makes a hwmon chip of most zones, with "_" for "-"; Intel's package sensor is coretemp's too
  if (chips.has(type.replaceAll('-', '_')) || chips.has(type)) return undefined;
  if (type === 'x86_pkg_temp' && chips.has('coretemp')) return undefined;
  const { celsius, critical } = celsiusOf(value, await criticalTrip(root, zone));
  // a board without that sensor reports 0
  if (celsius === undefined || (type === 'acpitz' && celsius <= 0)) return undefined;
  return { name: type, of: kindOf(type), celsius, ...(critical === undefined ? {} : { critical }) };
}

/** The trip point at which the kernel switches the machine off. */
async function criticalTrip(root: Root, zone: string): Promise<number | undefined> {
  for (let trip = 0; trip < mostTrips; trip++) {
    const type = await root.text(`${zone}/trip_point_${trip}_type`);
    if (type === undefined) return undefined;
    if (type === 'critical') return root.number(`${zone}/trip_point_${trip}_temp`);
  }
  return undefined;
}

function celsiusOf(
  value: number | undefined,
  critical: number | undefined,
): { readonly celsius: number | undefined; readonly critical: number | undefined } {
  const plausible = (thousandths: number | undefined) => {
    const celsius = thousandths === undefined ? undefined : Math.round(thousandths / 100) / 10;
    return celsius === undefined || celsius < lowest || celsius > highest ? undefined : celsius;
  };
  const limit = plausible(critical);
  // some drivers tell 0 for "none"
  return { celsius: plausible(value), critical: limit === undefined || limit <= 0 ? undefined : limit };
}

function kindOf(name: string): Sensor['of'] {
  if (/nvme|drivetemp/i.test(name)) return 'disk';
  return /cpu|soc|core|pkg|k8temp|k10temp|zenpower/i.test(name) ? 'processor' : 'other';
}

/**
 * `host_health` in gateway.yaml: how often the gateway looks at its own machine, and the limits of its alarms.
 * Each default leaves a person time to mend the fault.
 */
import Type from 'typebox';

export const hostHealthSchema = Type.Object(
  {
    enabled: Type.Optional(
      Type.Boolean({
        description: 'false: this machine is not watched, because something else does it',
        default: true,
      }),
    ),
    every_s: Type.Optional(
      Type.Number({ minimum: 10, maximum: 3600, description: 'how often the machine is read', default: 60 }),
    ),
    hot_c: Type.Optional(
      Type.Number({
        minimum: 30,
        maximum: 120,
        description:
          'processor temperature that raises the alarm when it lasts 5 min; a processor that switches itself off at a low temperature raises it 15 °C before that',
        default: 85,
      }),
    ),
    disk_free_pct: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 50,
        description:
          'free share of the data folder’s disk, in space and in number of files, below which the alarm is raised',
        default: 5,
      }),
    ),
    disk_full_days: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 60,
        description: 'raises the alarm when the disk will be full within so many days by its trend; 0: never',
        default: 7,
      }),
    ),
    memory_free_pct: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 50,
        description: 'available share of the memory below which the alarm is raised when it lasts 10 min',
        default: 5,
      }),
    ),
    worn_pct: Type.Optional(
      Type.Number({
        minimum: 10,
        maximum: 200,
        description: 'used share of an eMMC’s or SSD’s life time from which on the alarm is raised',
        default: 90,
      }),
    ),
    smart: Type.Optional(
      Type.Boolean({
        description: 'whether disks are asked through smartctl every 6 hours, where it is installed and may read them',
        default: true,
      }),
    ),
  },
  { additionalProperties: false, description: 'the health of the machine that the gateway runs on' },
);

export type HostHealthSettings = Type.Static<typeof hostHealthSchema>;

/** Every value, with its default. */
export type HostLimits = Required<HostHealthSettings>;

export function hostLimits(settings: HostHealthSettings = {}): HostLimits {
  return {
    enabled: true,
    every_s: 60,
    hot_c: 85,
    disk_free_pct: 5,
    disk_full_days: 7,
    memory_free_pct: 5,
    worn_pct: 90,
    smart: true,
    ...settings,
  };
}

/** The machine's name: of the device tree (Raspberry Pi, most ARM boards) or of the BIOS (DMI). */
import type { Root } from './root.ts';

const longest = 80;

export async function modelOf(root: Root): Promise<string | undefined> {
  const tree = await root.text('/proc/device-tree/model');
  if (tree !== undefined && tree !== '') return tree.slice(0, longest);
  const [vendor, product] = await Promise.all([
    root.text('/sys/class/dmi/id/sys_vendor'),
    root.text('/sys/class/dmi/id/product_name'),
  ]);
  const name = [vendor, product].filter((part) => part !== undefined && part !== '').join(' ');
  return name === '' ? undefined : name.slice(0, longest);
}

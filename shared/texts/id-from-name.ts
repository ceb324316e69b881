/**
 * Makes the id of a new device, camera or rule from the name that a person gives it: «Насос № 2» becomes `nasos-2`. An id
 * never changes and stands in events and topics, so it should say what the thing is. The gateway and its page use it.
 */

/** GOST 7.79-2000, system B, without its diacritics. */
const cyrillic: ReadonlyMap<string, string> = new Map(
  'а a,б b,в v,г g,д d,е e,ё yo,ж zh,з z,и i,й j,к k,л l,м m,н n,о o,п p,р r,с s,т t,у u,ф f,х x,ц c,ч ch,ш sh,щ shh,ъ ,ы y,ь ,э e,ю yu,я ya'
    .split(',')
    .map((pair) => [pair.slice(0, 1), pair.slice(2)] as const),
);
const latin: Readonly<Record<string, string>> = {
  '№': ' ',
  ß: 'ss',
  æ: 'ae',
  ø: 'o',
  å: 'a',
  đ: 'd',
  ł: 'l',
  ä: 'ae',
  ö: 'oe',
  ü: 'ue',
};
const longest = 48;

/** An id that `isTaken` does not know. A name without letters or digits becomes `otherwise`. */
export function idFromName(name: string, isTaken: (id: string) => boolean, otherwise = 'device'): string {
  const words = [...name.toLowerCase()].map((letter) => cyrillic.get(letter) ?? latin[letter] ?? letter).join('');
  const plain = words.normalize('NFKD').replace(/\p{M}/gu, '');
  const dashed = plain
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, longest)
    .replace(/^-+|-+$/g, '');
  const id = dashed === '' ? otherwise : dashed;
  if (!isTaken(id)) return id;
  let number = 2;
  while (isTaken(`${id}-${number}`)) number++;
  return `${id}-${number}`;
}

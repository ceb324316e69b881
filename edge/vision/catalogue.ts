/**
 * The catalogue of models that can be installed by name: the makers' addresses, the licences, and the hashes of the
 * files that were reviewed. A new model is one entry here.
 */
export interface CatalogueEntry {
  readonly name: string;
  /** a description for lists */
  readonly title: string;
  readonly url: string;
  /** of the file, in hex */
  readonly sha256: string;
  readonly licence: string;
  /** pixels a side of its input */
  readonly inputSize: number;
  /** in the model's order */
  readonly classes: readonly string[];
}

/** The 80 classes of COCO in the order and spelling of the models trained on it (those of Darknet's coco.names). */
export const cocoClasses: readonly string[] =
  `person bicycle car motorbike aeroplane bus train truck boat traffic_light fire_hydrant stop_sign parking_meter
bench bird cat dog horse sheep cow elephant bear zebra giraffe backpack umbrella handbag tie suitcase frisbee skis
snowboard sports_ball kite baseball_bat baseball_glove skateboard surfboard tennis_racket bottle wine_glass cup
fork knife spoon bowl banana apple sandwich orange broccoli carrot hot_dog pizza donut cake chair sofa pottedplant
bed diningtable toilet tvmonitor laptop mouse remote keyboard cell_phone microwave oven toaster sink refrigerator
book clock vase scissors teddy_bear hair_drier toothbrush`
    .split(/\s+/)
    .map((name) => name.replaceAll('_', ' '));

const release = 'https://github.com/Megvii-BaseDetection/YOLOX/releases/download/0.1.1rc0';
const yolox = { licence: 'Apache-2.0', classes: cocoClasses } as const;

/** The release publishes no hashes. Several projects that pin its files agree on these. */
export const catalogue: readonly CatalogueEntry[] = [
  {
    ...yolox,
    name: 'yolox-nano',
    title: 'YOLOX-nano by Megvii: 80 classes of COCO, small and fast',
    url: `${release}/yolox_nano.onnx`,
    sha256: 'c789161ed43c8269fcd4e67c67eeeb4e80c622da2eb296a20bc6007bd18a0b7d',
    inputSize: 416,
  },
  {
    ...yolox,
    name: 'yolox-tiny',
    title: 'YOLOX-tiny by Megvii: 80 classes of COCO, finds more and takes several times as long',
    url: `${release}/yolox_tiny.onnx`,
    sha256: '427cc366d34e27ff7a03e2899b5e3671425c262ea2291f88bb942bc1cc70b0f7',
    inputSize: 416,
  },
  {
    ...yolox,
    name: 'yolox-s',
    title: 'YOLOX-s by Megvii: 80 classes of COCO, for what is small or far, where the machine is strong',
    url: `${release}/yolox_s.onnx`,
    sha256: 'c5c2d13e59ae883e6af3b45daea64af4833a4951c92d116ec270d9ddbe998063',
    inputSize: 640,
  },
];

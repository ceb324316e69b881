/**
 * Models that can be installed by name: where their makers publish them, under which licence, and the hash that says
 * that it is the file that was looked at. A new one is one entry here.
 */
export interface CatalogueEntry {
  readonly name: string;
  /** what it is, for a list */
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

export const catalogue: readonly CatalogueEntry[] = [
  {
    name: 'yolox-nano',
    title: 'YOLOX-nano by Megvii: 80 classes of COCO, small and fast',
    url: 'https://github.com/Megvii-BaseDetection/YOLOX/releases/download/0.1.1rc0/yolox_nano.onnx',
    sha256: '695e750a5d5754bb5a8d5325643b59282191a7e7a564e435a415fd3c578eab14',
    licence: 'Apache-2.0',
    inputSize: 416,
    classes: cocoClasses,
  },
];

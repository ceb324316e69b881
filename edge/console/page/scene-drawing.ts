/**
 * The drawing of the scene editor: an SVG of the draft's shapes, with handles on the selected one, and the way back from
 * an element under a finger to the shape, the corner or the middle of an edge that it stands for.
 *
 * Always: each element that can be gripped names its shape in `data-shape`; `gripOf` reads these attributes only.
 */
import { html, nothing, svg, type TemplateResult } from 'lit';
import type { SceneNotice } from '../view.ts';
import * as drafts from './scene-draft.ts';

type Point = drafts.Point;

/** What a finger or the mouse holds. */
export type Grip =
  | { readonly what: 'corner'; readonly shape: number; readonly corner: number }
  | { readonly what: 'middle'; readonly shape: number; readonly corner: number }
  | { readonly what: 'shape'; readonly shape: number }
  | { readonly what: 'ground' };

export interface Drawn {
  readonly draft: drafts.Draft;
  /** of the picture, in units of the drawing */
  readonly size: { readonly width: number; readonly height: number };
  /** units of the drawing for one pixel of the screen */
  readonly scale: number;
  /** the corner of the selected shape that was touched last */
  readonly corner: number | undefined;
  /** the cross of the keyboard; undefined: it is not shown */
  readonly cross: Point | undefined;
  /** what moves in the picture */
  readonly scene: SceneNotice | undefined;
}

/** The draft over the camera's picture, with the boxes of moving things. */
export function drawing({ draft, size, scale, corner, cross, scene }: Drawn): TemplateResult {
  const { width, height } = size;
  const { shapes, selected, placing } = draft;
  const px = (pixels: number) => pixels * scale;
  const at = ([x, y]: Point) => [x * width, y * height] as const;
  const path = (points: readonly Point[]) => points.map((point) => at(point).join(',')).join(' ');
  const chosen = selected === undefined ? undefined : shapes[selected];
  return html`<svg class="drawing editing ${placing === undefined ? '' : 'placing'}" viewBox="0 0 ${width} ${height}" font-size=${px(15)}>
      ${(scene?.tracks ?? []).map(
        ({ box: [x, y, w, h], static: stands }) =>
          svg`<g class="track ${stands ? 'stands' : ''}"><rect x=${x * width} y=${y * height} width=${w * width} height=${h * height} /></g>`,
      )}
      ${shapes.map((shape, index) => {
        const outline =
          shape.kind === 'line'
            ? svg`<polyline class="touch" points=${path(shape.points)} stroke-width=${px(36)} data-shape=${index} /><polyline points=${path(shape.points)} data-shape=${index} />`
            : svg`<polygon points=${path(shape.points)} data-shape=${index} />`;
        const [x, y] = at(labelAt(shape.points));
        return svg`<g class="${shape.kind} ${index === selected ? 'chosen' : ''}">${outline}
          ${shape.kind === 'mask' ? nothing : svg`<text x=${x} y=${y - px(8)}>${shape.kind === 'motion' ? drafts.shapeTitles.motion : shape.name}</text>`}</g>`;
      })}
      ${chosen === undefined || selected === undefined ? nothing : handles(chosen, selected, { size, scale, corner })}
      ${
        placing === undefined
          ? nothing
          : svg`<g class="${placing.kind} chosen"><polyline points=${path(placing.points)} />
            ${placing.points.map((point, index) => {
              const [x, y] = at(point);
              return svg`<circle class="handle ${index === 0 ? 'first' : ''}" cx=${x} cy=${y} r=${px(index === 0 ? 11 : 8)} />`;
            })}</g>`
      }
      ${cross === undefined ? nothing : crossView(at(cross), px)}
    </svg>`;
}

/** Dark below light: visible on every picture. */
function crossView([x, y]: readonly [number, number], px: (pixels: number) => number): TemplateResult {
  const arms = (r: number) => `M${x - r} ${y}H${x + r}M${x} ${y - r}V${y + r}`;
  const path = arms(px(18));
  return svg`<g class="cross"><path class="under" d=${path} /><path d=${path} /></g>` as unknown as TemplateResult;
}

/** Round handles at the corners, and small ones between them that insert a corner; the touch area is larger than the circle. */
function handles(
  { points, kind }: drafts.Shape,
  index: number,
  { size, scale, corner: touched }: Pick<Drawn, 'size' | 'scale' | 'corner'>,
): TemplateResult {
  const { width, height } = size;
  const px = (pixels: number) => pixels * scale;
  const middles = kind === 'line' || points.length >= drafts.mostCorners ? [] : points;
  return svg`<g class="handles">
      ${middles.map((point, corner) => {
        const next = points[(corner + 1) % points.length] ?? point;
        const [x, y] = [((point[0] + next[0]) / 2) * width, ((point[1] + next[1]) / 2) * height];
        return svg`<circle class="middle" cx=${x} cy=${y} r=${px(6)} />
          <circle class="touch" cx=${x} cy=${y} r=${px(16)} data-middle=${corner} data-shape=${index} />`;
      })}
      ${points.map(
        ([x, y], corner) =>
          svg`<circle class="handle ${corner === touched ? 'first' : ''}" cx=${x * width} cy=${y * height} r=${px(10)} />
            <circle class="touch" cx=${x * width} cy=${y * height} r=${px(22)} data-corner=${corner} data-shape=${index} />`,
      )}
    </g>` as unknown as TemplateResult;
}

/** The topmost corner. */
function labelAt(points: readonly Point[]): Point {
  return points.reduce((top, point) => (point[1] < top[1] ? point : top), points[0] ?? [0, 0]);
}

/** What the element under a pointer stands for. */
export function gripOf(target: EventTarget | null): Grip {
  const { shape, corner, middle } = target instanceof SVGElement ? target.dataset : {};
  if (shape === undefined) return { what: 'ground' };
  if (corner !== undefined) return { what: 'corner', shape: Number(shape), corner: Number(corner) };
  if (middle !== undefined) return { what: 'middle', shape: Number(shape), corner: Number(middle) };
  return { what: 'shape', shape: Number(shape) };
}

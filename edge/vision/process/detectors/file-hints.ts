/**
 * Reads hints from a model's file before a runtime opens it: the kind of file if it is not ONNX, and the names and
 * sizes that Ultralytics' exporter writes into the metadata (key, value: names "{0: 'person', …}", imgsz "[640, 640]",
 * task "detect").
 */

import { open, readFile } from 'node:fs/promises';
import { words } from '@forpost/shared/texts/english.ts';
import protobuf from 'protobufjs';
import type { Hints } from './layout.ts';
import { invalid } from './tensors.ts';

export interface FileHints extends Hints {
  /** pixels a side */
  readonly size?: number;
}

/** Only the field that is needed; the decoder skips the rest of the model, which may be large. */
const metadataProto = protobuf
  .parse(
    `syntax = "proto3";
message Entry { string key = 1; string value = 2; }
message ModelProto { repeated Entry metadata_props = 14; }`,
    { keepCase: true },
  )
  .root.lookupType('ModelProto');

/** The first bytes of files that people mistake for an ONNX model. */
const others: readonly { readonly at: number; readonly bytes: string; readonly what: string }[] = [
  { at: 0, bytes: 'PK\x03\x04', what: 'a PyTorch file (.pt) or an archive' },
  { at: 0, bytes: '\x80\x02', what: 'a Python pickle (.pt, .pth)' },
  { at: 4, bytes: 'TFL3', what: 'a TensorFlow Lite file' },
  { at: 0, bytes: '\x89HDF', what: 'a Keras file' },
  { at: 0, bytes: '<?xml', what: 'an OpenVINO file' },
  { at: 0, bytes: 'ftrt', what: 'a TensorRT engine' },
  { at: 8, bytes: '{"', what: 'a safetensors file' },
  { at: 0, bytes: 'version https://git-lfs', what: 'a pointer of Git LFS and not the file itself' },
  { at: 0, bytes: '<!DOCTYPE', what: 'a web page' },
];
const sniffedBytes = 32;

/** @throws ForpostError FORPOST_MODEL_INVALID if the file is not ONNX, or its model has another task */
export async function hintsOf(file: string): Promise<FileHints> {
  const start = await startOf(file);
  if (start === '') throw invalid(words('gateway/reason.model-empty'));
  const other = others.find(({ at, bytes }) => start.startsWith(bytes, at));
  if (other !== undefined) throw invalid(words('gateway/reason.model-no-onnx', { kind: other.what }));
  let entries: Map<string, string>;
  try {
    const decoded = metadataProto.toObject(metadataProto.decode(await readFile(file)));
    const list = (decoded.metadata_props ?? []) as readonly { readonly key?: string; readonly value?: string }[];
    entries = new Map(list.map(({ key = '', value = '' }) => [key, value]));
  } catch {
    // the runtime explains a truncated file better
    return {};
  }
  const task = entries.get('task');
  if (task !== undefined && task !== 'detect') throw invalid(words('gateway/reason.model-task', { task }));
  const classes = namesIn(entries.get('names') ?? '');
  const size = Math.max(...[...(entries.get('imgsz') ?? '').matchAll(/\d+/g)].map(([digits]) => Number(digits)), 0);
  return { ...(classes.length === 0 ? {} : { classes }), ...(size === 0 ? {} : { size }) };
}

/** The values of a Python dictionary with the keys 0, 1, 2, …; empty for any other text. */
export function namesIn(text: string): string[] {
  const names: string[] = [];
  for (const [, index, single, double] of text.matchAll(/(\d+): (?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/g)) {
    if (Number(index) !== names.length) return [];
    names.push((single ?? double ?? '').replaceAll(/\\(.)/g, '$1'));
  }
  return names;
}

async function startOf(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(sniffedBytes), 0, sniffedBytes, 0);
    return buffer.subarray(0, bytesRead).toString('latin1');
  } finally {
    await handle.close();
  }
}

import type { CameraStatus } from '@forpost/shared/event/status.ts';
import { catalogue } from '@forpost/shared/texts/catalogue/all.ts';
import { texts } from '@forpost/shared/texts/texts.ts';
import { expect, test } from 'vitest';
import { explain } from '../vision/process/failure.ts';
import { camerasInAnyLanguage, problemsInAnyLanguage } from './in-any-language.ts';

const { say } = texts('ru', catalogue.ru);

test('the reason why ffmpeg ended is shown in English and in the reader’s language', () => {
  const source = { kind: 'file', path: '/clips/yard.mp4' } as never;
  const { state, reason } = explain({ error: 'exit 1', lines: ['/clips/yard.mp4: Permission denied'] }, source);
  const camera: CameraStatus = { id: 'yard', name: 'Yard', state, reason, framesPerSecond: 0, detector: 'motion' };
  const [told] = camerasInAnyLanguage([camera]);
  expect(told?.reason).toBe('the gateway may not read /clips/yard.mp4');
  expect(say(told?.reasonI18n, '')).toBe('шлюзу не разрешено читать /clips/yard.mp4');
});

test('problems keep their order; a problem without a text in the catalogue is shown as it is', () => {
  const problems = [
    'something rare',
    'the disk is full: alerts are stored, the oldest readings are deleted, the rest is not acknowledged',
  ];
  const told = problemsInAnyLanguage(problems);
  expect(told.problems).toEqual(problems);
  expect(told.problems.map((text, index) => say(told.problemsI18n?.[index] ?? undefined, text))).toEqual([
    'something rare',
    'диск заполнен: тревоги сохраняются, самые старые показания удаляются, остальное не подтверждается',
  ]);
  expect(problemsInAnyLanguage(['something rare'])).toEqual({ problems: ['something rare'] });
});

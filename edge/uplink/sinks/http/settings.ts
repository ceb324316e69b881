/** Configuration of a sink of kind http. */
import Type from 'typebox';
import { type SinkConfig, tlsKey } from '../../sink-kind.ts';

export const schema = Type.Object({
  url: Type.String({
    pattern: '^https?://',
    description: 'address of the centre, as https://centre.example.org; http:// on loopback only',
  }),
  ...tlsKey,
});

export type HttpSinkConfig = SinkConfig & Type.Static<typeof schema>;

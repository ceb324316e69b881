/** Parses the address of a model on another machine, as an installer types it. Pure. */
import { words } from '@forpost/shared/texts/english.ts';
import type { RemoteModel } from '../../cards.ts';
import { invalid } from './tensors.ts';

/** the default of Triton and of most other servers */
const defaultPort = 8001;

/**
 * `grpc://host:port/model` or `grpcs://…`; a version may follow after another slash.
 * @throws ForpostError FORPOST_MODEL_INVALID
 */
export function parseRemote(address: string): Pick<RemoteModel, 'server' | 'tls' | 'model' | 'version'> {
  const url = URL.parse(address);
  const [model, version, ...rest] = (url?.pathname ?? '')
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  const isGrpc = url?.protocol === 'grpc:' || url?.protocol === 'grpcs:';
  if (url === null || !isGrpc || url.hostname === '' || model === undefined || rest.length > 0)
    throw invalid(words('gateway/reason.model-address', { address }));
  if (url.username !== '' || url.password !== '') throw invalid(words('gateway/reason.model-address-login'));
  const server = `${url.hostname}:${url.port === '' ? defaultPort : url.port}`;
  return { server, tls: url.protocol === 'grpcs:', model, ...(version === undefined ? {} : { version }) };
}

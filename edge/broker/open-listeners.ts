/**
 * The broker's four listeners: MQTT over TCP, over TLS, over WebSocket, and over WebSocket with TLS.
 *
 * Always: `open` opens all configured listeners, or it throws and `close` releases the open ones.
 */
import type { Words } from '@forpost/shared/texts/english.ts';
import {
  type Listener,
  type ListenerOptions,
  listenPlain,
  listenTls,
  listenWebSocket,
  listenWebSocketTls,
  type TlsListener,
} from './listeners.ts';
import { type WebSocketHandshakes, type WebSocketOptions, webSocketHandshakes } from './web-socket.ts';

export class OpenListeners {
  #plain: Listener | undefined;
  #tls: TlsListener | undefined;
  #handshakes: WebSocketHandshakes | undefined;
  #webSocket: Listener | undefined;
  #webSocketTls: TlsListener | undefined;

  /** @throws ForpostError FORPOST_PORT_TAKEN, FORPOST_CONFIG_INVALID */
  async open(listeners: ListenerOptions, webSocket: WebSocketOptions): Promise<void> {
    this.#plain = await listenPlain(listeners);
    this.#tls = await listenTls(listeners);
    this.#handshakes = webSocketHandshakes(webSocket);
    this.#webSocket = await listenWebSocket(listeners, this.#handshakes);
    this.#webSocketTls = await listenWebSocketTls(listeners, this.#handshakes);
  }

  /** Accepts no further connection; resolves when the listening sockets are closed. */
  async close(): Promise<void> {
    this.#handshakes?.close();
    await Promise.all(
      [this.#plain, this.#tls, this.#webSocket, this.#webSocketTls].map((listener) => listener?.close()),
    );
  }

  /** The port of each open listener; undefined: it is not configured. */
  get ports() {
    return {
      plain: this.#plain?.port,
      tls: this.#tls?.port,
      webSocket: this.#webSocket?.port,
      webSocketTls: this.#webSocketTls?.port,
    };
  }

  /** What is wrong with the certificate, a sentence each. */
  problems(): readonly Words[] {
    return this.#tls?.certificate.problems() ?? [];
  }

  /** Reads the certificate's files again. */
  async reload(): Promise<void> {
    await this.#tls?.certificate.reload();
    await this.#webSocketTls?.certificate.reload();
  }
}

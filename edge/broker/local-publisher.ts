/** The broker's interface for actions and parts: delivers a message to the local subscribers at once. */
export interface LocalPublisher {
  publish(topic: string, payload: string, options: { readonly qos: 0 | 1; readonly retain: boolean }): void;
}

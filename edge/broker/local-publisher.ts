/** The broker as actions and parts see it: hands a message to the local subscribers, now. */
export interface LocalPublisher {
  publish(topic: string, payload: string, options: { readonly qos: 0 | 1; readonly retain: boolean }): void;
}

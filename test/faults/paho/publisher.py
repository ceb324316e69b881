"""Publishes readings with paho-mqtt until each is acknowledged, whatever happens to its connection.

publisher.py PORT USER PASSWORD CLIENT_ID QOS CLEAN COUNT PER_SECOND WITH_ID: `done` when the last one is acknowledged.
"""
import json
import sys
import threading
import time

import paho.mqtt.client as mqtt

port, user, password, client_id, qos, clean, count, per_second, with_id = sys.argv[1:10]
client = mqtt.Client(
    mqtt.CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=clean == "1", protocol=mqtt.MQTTv311
)
client.username_pw_set(user, password)
client.reconnect_delay_set(min_delay=0.05, max_delay=0.1)
client.max_queued_messages_set(0)
client.connect_timeout = 2.0
client.connect_async("127.0.0.1", int(port), keepalive=5)
client.loop_start()

acknowledged = threading.Semaphore(0)
client.on_publish = lambda *_: acknowledged.release()

topic = "forpost/devices/%s/readings" % user
for n in range(int(count)):
    reading = {"values": {"power_w": n}}
    if with_id == "1":
        reading["id"] = "b1-%d" % n
    # without a connection it is queued, and sent later
    client.publish(topic, json.dumps(reading), qos=int(qos))
    time.sleep(1 / float(per_second))
for n in range(int(count)):
    acknowledged.acquire()
print("done %s" % count, flush=True)
client.disconnect()
client.loop_stop()

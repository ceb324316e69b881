"""Plays the clients of a home automation with paho-mqtt, as Home Assistant (which is one) and others speak.

roles.py PORT PASSWORD VERSION, VERSION 4 (MQTT 3.1.1) or 5: one line of JSON a step, {"role", "step", "ok"}.
"""
import json
import socket
import sys
import threading

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

port, password, version = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
PATIENCE_S = 15


class Client:
    """One client: says its birth and subscribes at each connection, as its documents say."""

    def __init__(self, user, client_id, filters, birth=None, will=None, stays=False):
        self.filters, self.birth, self.codes = filters, birth, []
        self.heard, self.changed = {}, threading.Condition()
        self.connections = 0
        clean = {} if version == 5 else {"clean_session": not stays}
        protocol = mqtt.MQTTv5 if version == 5 else mqtt.MQTTv311
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=client_id, protocol=protocol, **clean)
        self.client.username_pw_set(user, password)
        self.client.reconnect_delay_set(min_delay=1, max_delay=1)
        if will is not None:
            self.client.will_set(will[0], will[1], qos=1, retain=will[2])
        self.client.on_connect = self._connected
        self.client.on_message = self._message
        self.client.on_subscribe = self._subscribed
        more = {}
        if version == 5:
            properties = Properties(PacketTypes.CONNECT)
            properties.SessionExpiryInterval = 3600 if stays else 0
            more = {"clean_start": not stays, "properties": properties}
        self.client.connect("127.0.0.1", port, keepalive=15, **more)
        self.client.loop_start()

    def _connected(self, client, _data, _flags, reason, _properties):
        if reason.is_failure:
            return
        client.subscribe([(one, 1) for one in self.filters])
        if self.birth is not None:
            client.publish(self.birth[0], self.birth[1], qos=1, retain=self.birth[2])
        with self.changed:
            self.connections += 1
            self.changed.notify_all()

    def _subscribed(self, _client, _data, _mid, reasons, _properties):
        with self.changed:
            self.codes += [reason.value for reason in reasons]
            self.changed.notify_all()

    def _message(self, _client, _data, message):
        with self.changed:
            self.heard[message.topic] = (message.payload.decode(), message.retain)
            self.changed.notify_all()

    def wait(self, predicate):
        with self.changed:
            return self.changed.wait_for(predicate, PATIENCE_S)

    def hears(self, topic, payload):
        return self.wait(lambda: self.heard.get(topic, (None,))[0] == payload)

    def say(self, topic, payload, retain=False):
        self.client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(PATIENCE_S)

    def granted(self):
        return self.wait(lambda: len(self.codes) >= len(self.filters)) and max(self.codes) < 128

    def cut(self):
        """As a cable that is pulled: paho sees an error and comes back by itself."""
        self.client.socket().shutdown(socket.SHUT_RDWR)

    def stop(self):
        self.client.disconnect()
        self.client.loop_stop()


def tell(role, step, ok):
    print(json.dumps({"role": role, "step": step, "ok": bool(ok)}), flush=True)


# role, user, client id, filters, (will's topic, online, offline), discovery topic, state topic, command topic, its own tree
ROLES = [
    ("zigbee2mqtt", "z2m", "mqttjs_1", ["zigbee2mqtt/#", "homeassistant/status"],
     ("zigbee2mqtt/bridge/state", '{"state":"online"}', '{"state":"offline"}'),
     "homeassistant/light/0x1/light/config", "zigbee2mqtt/hall/lamp", "zigbee2mqtt/hall/lamp/set"),
    ("node-red", "flows", "nodered_1", ["node-red/in/#"],
     ("node-red/status", "online", "lost"),
     "homeassistant/sensor/flow/config", "node-red/out", "node-red/in/set"),
    ("esphome", "kitchen", "kitchen-a1b2c3", ["kitchen/switch/relay/command", "esphome/discover"],
     ("kitchen/status", "online", "offline"),
     "homeassistant/switch/kitchen/relay/config", "kitchen/switch/relay/state", "kitchen/switch/relay/command"),
    ("tasmota", "plug", "DVES_A1B2C3", ["cmnd/tasmota_A1B2C3/#", "cmnd/tasmotas/#", "cmnd/DVES_A1B2C3_fb/#"],
     ("tele/tasmota_A1B2C3/LWT", "Online", "Offline"),
     "tasmota/discovery/A1B2C3D4E5F6/config", "stat/tasmota_A1B2C3/POWER", "cmnd/tasmota_A1B2C3/POWER"),
    ("shelly", "meter", "shellypro3em-a1b2c3", ["shellypro3em-a1b2c3/rpc", "shellies/command"],
     ("shellypro3em-a1b2c3/online", "true", "false"),
     "shellies/announce", "shellypro3em-a1b2c3/status/switch:0", "shellypro3em-a1b2c3/rpc"),
    ("native", "oven", "oven-1", ["forpost/devices/oven/commands"],
     ("forpost/devices/oven/status", "online", "offline"),
     None, "forpost/devices/oven/events", "forpost/devices/oven/commands"),
]
# what each kind says as its state is what its decoder reads
STATES = {
    "tasmota": "ON",
    "shelly": '{"id":0,"output":true}',
    "native": '{"type":"door","data":{"open":true}}',
}


def play(home, role, user, client_id, filters, presence, discovery, state, command):
    topic, online, offline = presence
    said = STATES.get(role, '{"state":"ON"}')
    client = Client(user, client_id, filters, (topic, online, True), (topic, offline, True), stays=role == "esphome")
    tell(role, "filters granted", client.granted())
    tell(role, "birth", home.hears(topic, online))
    if discovery is not None:
        client.say(discovery, '{"unique_id":"x"}', retain=True)
        tell(role, "discovery", home.hears(discovery, '{"unique_id":"x"}'))
    client.say(state, said, retain=True)
    tell(role, "state", home.hears(state, said))
    home.say(command, "on")
    tell(role, "command", client.hears(command, "on"))
    client.heard.clear()
    home.heard.clear()
    client.cut()
    tell(role, "will", home.hears(topic, offline))
    tell(role, "reconnect", client.wait(lambda: client.connections == 2) and home.hears(topic, online))
    home.say(command, "off")
    tell(role, "command after the reconnect", client.hears(command, "off"))
    late = Client("home", "home-late", [state, topic])
    tell(role, "retained state", late.hears(state, said) and late.hears(topic, online) and late.heard[topic][1])
    late.stop()
    client.stop()


FILTERS = ["homeassistant/+/+/config", "homeassistant/+/+/+/config", "tasmota/discovery/#", "zigbee2mqtt/#", "tele/#",
           "stat/#", "kitchen/#", "node-red/#", "shellies/#", "shellypro3em-a1b2c3/#", "forpost/#", "homeassistant/status"]
home = Client("home", "home-assistant-1", FILTERS, ("homeassistant/status", "online", False),
              ("homeassistant/status", "offline", False))
tell("home-assistant", "filters granted", home.granted())
tell("home-assistant", "birth", home.hears("homeassistant/status", "online"))
for one in ROLES:
    play(home, *one)
watcher = Client("flows", "nodered_2", ["homeassistant/status"])
watcher.granted()
home.cut()
tell("home-assistant", "will", watcher.hears("homeassistant/status", "offline"))
tell("home-assistant", "reconnect", watcher.hears("homeassistant/status", "online"))
watcher.stop()
home.stop()
